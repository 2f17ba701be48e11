import { bug } from '../bug.ts';
import type { Packet } from '../model/packet.ts';
import type { Nat, Program, Uplink } from '../model/program.ts';
import {
  type Address,
  type AddressRange,
  FAMILIES,
  type Family,
  formatAddress,
  scanAddress,
} from '../net/address.ts';
import { formatDevice } from '../net/device-name.ts';
import { isFault } from '../net/fault.ts';
import { contains, difference, intervalSet, type Point } from '../net/interval-set.ts';
import { formatRange, network as networkOf, prefixesOf, scanAddressRange } from '../net/prefix.ts';
import { bare, type NetworkPlan } from './network-plan.ts';

/** A network that fits a policy, and who is who in it. */
export interface LabPlan {
  readonly network: NetworkPlan;
  /** Where each uplink leads: an ISP of the network, by the name of the uplink. */
  readonly isps: ReadonlyMap<string, string>;
  /** Where main leads by default: an ISP that is no uplink's. */
  readonly main: string;
  /** Uplinks that wait for a lease, and what it says. */
  readonly leases: readonly { readonly device: string; readonly gateway: string }[];
  /** The LANs that have the hosts that ports are led to, by address. */
  readonly servers: ReadonlyMap<string, string>;
}

/** What the router has on the line that main leads out by: the source of what it sends itself. */
export const OWN: { readonly [F in Family]: string } = { 4: '198.19.255.2', 6: '2001:2:0:ffff::2' };

/** The host of a LAN that asks for what a port of the router leads to. */
export const CLIENT: { readonly [F in Family]: string } = {
  4: '198.18.77.2',
  6: '2001:2:0:77::2',
};

/** Length of a network that nobody has told of. */
const LENGTH: { readonly [F in Family]: number } = { 4: 24, 6: 64 };

/**
 * A router with a policy's uplinks, an ISP for each, one more for main, and a LAN for each device that
 * packets come in by, with the hosts that send them. Every ISP leads to all that the packets are sent to, and
 * answers whatever source they have: which one answers, and what it saw, is what is asked.
 *
 * @param servers addresses behind the router that ports are led to
 */
export function labPlan(
  program: Program,
  packets: readonly Packet[],
  servers: readonly Address[] = [],
): LabPlan {
  const { uplinks } = program;
  const hosts = unique(
    packets.flatMap(({ family, local, source }) => (local ? [] : textOf(family, source))),
  );
  const internet = unique(
    packets.flatMap(({ family, destination }) => textOf(family, destination)),
  );
  const devices = new Set(uplinks.map(({ device }) => device));
  const behind = unique(packets.flatMap(({ device }) => lanOf(device))).filter(
    (device) => !devices.has(device),
  );
  if (behind.length === 0 && servers.length > 0) behind.push(free((n) => `lan${n}`, devices));
  const hostsBehind = new Map(
    behind.map((device) => [
      device,
      packets.flatMap((packet) =>
        lanOf(packet.device)[0] === device ? textOf(packet.family, packet.source) : [],
      ),
    ]),
  );
  const home = new Map<string, string>();
  for (const server of servers) {
    const text = formatAddress(server);
    const [first = bug('no LAN for a server')] = behind;
    const lan = behind.find((device) => hostsBehind.get(device)?.includes(text)) ?? first;
    home.set(text, lan);
    hostsBehind.get(lan)?.push(text, CLIENT[server.family]);
  }
  const lans = behind.map((device, index) => ({
    device,
    // Of no network: routes to the hosts are made when they send something.
    addresses: [`169.254.77.${(index % 250) + 1}/32`, `fe80::77:${index + 1}/128`],
    hosts: unique(hostsBehind.get(device) ?? []),
  }));
  const taken = new Set(uplinks.flatMap((uplink) => [...gatewaysOf(uplink), ...singlesOf(uplink)]));
  const names = new Set([...uplinks.map(({ device }) => device), ...lans.map((lan) => lan.device)]);
  const main = free((number) => `main${number}`, names);
  const isps = new Map<string, string>();
  const leases: LabPlan['leases'][number][] = [];
  const plans: Record<string, NetworkPlan['uplinks'][string]> = {};
  for (const [index, uplink] of uplinks.entries()) {
    const beside = Object.hasOwn(plans, uplink.device);
    // No device is called so.
    const name = beside ? `${uplink.device}:${index}` : uplink.device;
    isps.set(uplink.name, name);
    const ends = FAMILIES.flatMap((family) => endsOf(uplink, family, index, taken) ?? []);
    for (const { lease } of ends) {
      if (lease !== undefined) leases.push({ device: uplink.device, gateway: lease });
    }
    const addresses = ends.flatMap((end) => end.addresses);
    plans[name] = {
      addresses,
      gateways: ends.flatMap((end) => end.gateways),
      routed: routedTo(program, uplink, hosts, addresses),
      mac: uplink.macs[0],
      ...(beside ? { beside: uplink.device } : {}),
    };
  }
  for (const [name, plan] of Object.entries(plans)) {
    // A neighbour takes what the router has in his network, whichever uplink it is there for.
    const others = wireOf(plans, name).filter((each) => !plan.addresses.includes(each));
    const near = others
      .map(bare)
      .filter((each) => plan.addresses.some((net) => isInNet(net, each)));
    plans[name] = { ...plan, routed: [...(plan.routed ?? []), ...near] };
  }
  plans[main] = {
    addresses: [`${OWN[4]}/24`, `${OWN[6]}/64`],
    gateways: ['198.19.255.1', '2001:2:0:ffff::1'],
    routed: hosts,
  };
  const own = new Set(Object.values(plans).flatMap(({ addresses }) => addresses.map(bare)));
  return {
    network: { lans, uplinks: plans, internet: internet.filter((each) => !own.has(each)), main },
    isps,
    main,
    leases,
    servers: home,
  };
}

/** What the router has on the wire of an ISP, each with its prefix length. */
export function wireOf(uplinks: NetworkPlan['uplinks'], isp: string): readonly string[] {
  const deviceOf = (name: string): string => uplinks[name]?.beside ?? name;
  return Object.keys(uplinks)
    .filter((name) => deviceOf(name) === deviceOf(isp))
    .flatMap((name) => uplinks[name]?.addresses ?? []);
}

/** Whether an address is in the network of another, which comes with its prefix length. */
export function isInNet(net: string, text: string): boolean {
  const [within = '', length] = net.split('/');
  const address = addressOf(text);
  const { family, low, high } = networkOf({ address: addressOf(within), length: Number(length) });
  return address.family === family && address.value >= low && address.value <= high;
}

/** The two ends of an uplink's line in one family; nothing where it has no way for that. */
function endsOf(
  uplink: Uplink,
  family: Family,
  index: number,
  taken: Set<string>,
): { addresses: string[]; gateways: string[]; lease?: string } | undefined {
  const way = uplink.ways[family];
  if (way === undefined) return undefined;
  const known = uplink.networks.filter((each) => each.family === family);
  const made = family === 4 ? `198.19.${index % 250}.0` : `2001:2:0:${index.toString(16)}::`;
  const gateway = way.kind === 'gateway' ? addressOf(way.gateway) : undefined;
  const likely = gateway === undefined || isLinkLocal(gateway) ? addressOf(made) : gateway;
  const nets: { range: AddressRange; length: number }[] = [
    ...known.map(({ prefix }) => {
      return { range: rangeOf(prefix), length: Number(prefix.replace(/.*\//, '')) };
    }),
    { range: networkOf({ address: likely, length: LENGTH[family] }), length: LENGTH[family] },
  ];
  const within = (address: Address) =>
    nets.find(({ range }) => contains([[range.low, range.high]] as never, address.value as never));
  const singles = singlesOf(uplink)
    .map(addressOf)
    .filter((each) => each.family === family);
  const withLength = singles.map((address) => {
    return { text: formatAddress(address), net: within(address) };
  });
  const [net = bug('a line without a network')] = nets;
  const own = withLength.find((each) => each.net !== undefined);
  const primary = own?.text ?? take(net.range, taken);
  const primaryNet = own?.net ?? net;
  const whole = family === 4 ? 32 : 128;
  const addresses = [
    `${primary}/${primaryNet.length}`,
    ...withLength
      .filter(({ text }) => text !== primary)
      .map((each) => `${each.text}/${each.net?.length ?? whole}`),
  ];
  if (way.kind === 'on-link') return { addresses, gateways: [] };
  const inside =
    gateway !== undefined && within(gateway) === primaryNet
      ? formatAddress(gateway)
      : take(primaryNet.range, taken);
  const gateways = gateway === undefined ? [inside] : unique([formatAddress(gateway), inside]);
  return { addresses, gateways, ...(way.kind === 'lease' ? { lease: inside } : {}) };
}

/** What leads to the customer beside his addresses on the line: hosts, and what he translates to. */
function routedTo(
  { slots }: Program,
  uplink: Uplink,
  hosts: readonly string[],
  addresses: readonly string[],
): string[] {
  const nats = [
    ...FAMILIES.map((family) => uplink.nat[family]),
    ...slots.flatMap((slot) =>
      'uplink' in slot && slot.uplink === uplink ? FAMILIES.map((family) => slot.nat[family]) : [],
    ),
  ];
  const ranges = [
    ...hosts.map(rangeOf),
    ...nats.flatMap(sourcesOf),
    ...uplink.own.map(({ prefix }) => rangeOf(prefix)),
  ];
  return FAMILIES.flatMap((family) => {
    if (uplink.ways[family] === undefined) return [];
    const points = (list: readonly AddressRange[]) =>
      intervalSet<Point>(
        list
          .filter((each) => each.family === family)
          .map(({ low, high }) => [low, high] as [Point, Point]),
      );
    const left = difference(points(ranges), points(addresses.map(bare).map(rangeOf)));
    return left
      .flatMap(([low, high]) => prefixesOf({ family, low, high } as AddressRange))
      .map(formatRange);
  });
}

function sourcesOf(nat: Nat): readonly AddressRange[] {
  switch (nat.kind) {
    case 'snat':
      return nat.ranges;
    case 'prefix':
      return [nat.to];
    default:
      return [];
  }
}

/** The own addresses of an uplink that are single ones. */
const singlesOf = ({ own }: Uplink): string[] =>
  own.map(({ prefix }) => prefix).filter((prefix) => !prefix.includes('/'));

const gatewaysOf = ({ ways }: Uplink): string[] =>
  Object.values(ways).flatMap((way) => (way.kind === 'gateway' ? [way.gateway] : []));

/** An address of a network that nobody has yet. */
function take({ family, low, high }: AddressRange, taken: Set<string>): string {
  for (let value = BigInt(low) + 1n; value < BigInt(high); value += 1n) {
    const text = formatAddress({ family, value: family === 4 ? Number(value) : value } as Address);
    if (taken.has(text)) continue;
    taken.add(text);
    return text;
  }
  // A net without room, as a line between two: what is there is all that there is.
  return formatAddress({ family, value: high } as Address);
}

function free(nameOf: (number: number) => string, taken: ReadonlySet<string>): string {
  for (let number = 0; ; number += 1) {
    const name = nameOf(number);
    if (!taken.has(name)) return name;
  }
}

/** The device that a packet comes in by, if any. */
export const lanOf = (device: Point | undefined): string[] =>
  typeof device === 'bigint' ? [formatDevice([device, device])] : [];

/** An address of a packet, if it has one. */
export const textOf = (family: Family, value: Point | undefined): string[] =>
  value === undefined ? [] : [formatAddress({ family, value } as Address)];

/** An address as a prefix; a prefix as it is. */
export const whole = (text: string): string =>
  text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`;

export function addressOf(text: string): Address {
  const scanned = scanAddress(text);
  return isFault(scanned) ? bug(scanned.fault) : scanned.value;
}

function rangeOf(text: string): AddressRange {
  const scanned = scanAddressRange(text);
  return isFault(scanned) ? bug(scanned.fault) : scanned.value;
}

const isLinkLocal = ({ family, value }: Address): boolean =>
  family === 6 && BigInt(value) >> 118n === 0x3fan;

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
