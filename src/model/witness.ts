import { bug } from '../bug.ts';
import type { Family } from '../net/address.ts';
import { deviceInterval } from '../net/device-name.ts';
import { firstDevice } from '../net/first-device.ts';
import { hostAddress } from '../net/host-address.ts';
import {
  contains,
  difference,
  type IntervalSet,
  intervalSet,
  type Point,
} from '../net/interval-set.ts';
import { ICMP, WITH_PORTS } from '../net/protocols.ts';
import { LAST_USER } from '../net/user.ts';
import { absentPoint } from './absent-point.ts';
import { atomKey } from './atom-key.ts';
import { asksSocket, isBelow, minutesOf } from './atoms.ts';
import type { Dimension } from './dimensions.ts';
import type { Packet } from './packet.ts';
import type { Box } from './program.ts';

/** What people have: taken where a box leaves the choice. */
const LIKELY = {
  device: ['lan0', 'lan1', 'eth0', 'eth1', 'br0'].map((name) => deviceInterval(name, false)[0]),
  source: {
    // 192.168.0.10, 10.0.0.10, 172.16.0.10, 198.51.100.10; fd00::10, 2001:db8::10
    4: [0xc0a8_000a, 0x0a00_000a, 0xac10_000a, 0xc633_640a],
    6: [(0xfd00n << 112n) + 0x10n, (0x2001_0db8n << 96n) + 0x10n],
  },
  /** Of what an uplink brings. */
  sourceOutside: {
    // 203.0.113.10, 198.51.100.10, 192.0.2.10; 2001:db8::10, 2001:db8:1::10
    4: [0xcb00_710a, 0xc633_640a, 0xc000_020a],
    6: [(0x2001_0db8n << 96n) + 0x10n, (0x2001_0db8_0001n << 80n) + 0x10n],
  },
  destination: {
    // 203.0.113.80, 198.51.100.80, 192.0.2.80; 2001:db8::80, 2001:db8:1::80
    4: [0xcb00_7150, 0xc633_6450, 0xc000_0250],
    6: [(0x2001_0db8n << 96n) + 0x80n, (0x2001_0db8_0001n << 80n) + 0x80n],
  },
  port: [80, 443, 53, 22, 8080, 1],
  datagramPort: [53, 443, 5060, 1],
  sourcePort: [40000, 50000],
  user: [1000, 0],
  // Monday 12:00
  minute: [720],
  echoRequest: { 4: [8], 6: [128] },
  // gre, esp
  otherProtocol: [47, 50],
} as const;

/** Protocols that have ports or types: TCP, UDP and ICMP first. */
const TOLD: { readonly [F in Family]: readonly number[] } = {
  4: [...new Set([6, 17, ICMP[4], ...WITH_PORTS])],
  6: [...new Set([6, 17, ICMP[6], ...WITH_PORTS])],
};
const NAMED = {
  4: intervalSet(TOLD[4].map((each) => [each, each] as const)),
  6: intervalSet(TOLD[6].map((each) => [each, each] as const)),
};

/**
 * A packet in a box, as likely a one as the box leaves room for, or nothing where no packet can lie in
 * it: one that has ports has a protocol with ports, what is forwarded has come from a device.
 *
 * @param local whether it is one that the router itself sends
 * @param outside whether an uplink brings it
 */
export function witness(box: Box, local: boolean, outside = false): Packet | undefined {
  const device = local ? absent(box, 'device') : deviceOf(box);
  const mac = absent(box, 'mac') ?? (local ? undefined : { mac: lowest(box.mac) });
  const user = userOf(box, local);
  const transport = transportOf(box);
  if (device === undefined || mac === undefined || user === undefined) return undefined;
  const minute = minuteOf(box);
  const atoms = atomsOf(box);
  if (transport === undefined || minute === undefined || atoms === undefined) return undefined;
  const { family } = box;
  return {
    family,
    local,
    ...device,
    ...mac,
    source: addressOf(box, 'source', outside ? 'sourceOutside' : 'source'),
    destination: addressOf(box, 'destination', 'destination'),
    ...transport,
    ...user,
    dscp: pick(box.dscp, [0]),
    mark: (box.mark?.find(({ value }) => value === 0) ?? box.mark?.[0])?.value ?? 0,
    minute,
    ...(atoms.size === 0 ? {} : { atoms }),
  };
}

type Points = { readonly [D in Dimension]?: Point };

/** No point at all in a dimension, if the box leaves that open. */
function absent(box: Box, dimension: Dimension): Points | undefined {
  const set = box[dimension] as IntervalSet<Point> | undefined;
  const point = absentPoint(dimension, box.family);
  return set === undefined || (point !== undefined && contains(set, point)) ? {} : undefined;
}

/** A socket's user where one is asked for; a name is that of a number which only the router knows. */
function userOf(box: Box, local: boolean): Points | undefined {
  const socket = (box.atoms ?? []).some(asksSocket);
  const nobody = socket ? undefined : absent(box, 'user');
  if (nobody !== undefined || !local) return nobody;
  const users = box.user === undefined ? undefined : upTo(box.user, LAST_USER);
  return users?.length === 0 ? undefined : { user: pick(users, LIKELY.user) };
}

/** A minute of the week, in working hours if that may be. */
function minuteOf(box: Box): number | undefined {
  const minutes = minutesOf(box);
  return minutes.length === 0 ? undefined : pick(minutes, LIKELY.minute);
}

/** The atoms that hold; nothing where they can't together: nobody is two users, or in two cgroups. */
function atomsOf({ atoms = [] }: Box): ReadonlySet<string> | undefined {
  const held = atoms.filter(({ kind, negated }) => kind !== 'time' && !negated);
  if (held.filter(({ kind }) => kind === 'user').length > 1) return undefined;
  const inside = held.flatMap((atom) => (atom.kind === 'cgroup' ? [atom.path] : []));
  const outside = atoms.flatMap((atom) =>
    atom.kind === 'cgroup' && atom.negated ? [atom.path] : [],
  );
  const [deepest = ''] = [...inside].sort((a, b) => b.length - a.length);
  if (!inside.every((path) => isBelow(deepest, path))) return undefined;
  if (outside.some((path) => isBelow(deepest, path))) return undefined;
  return new Set(held.map(atomKey));
}

function deviceOf({ device }: Box): Points | undefined {
  const [first] = LIKELY.device;
  if (device === undefined) return { device: first as bigint };
  const likely = LIKELY.device.find((each) => contains(device, each));
  if (likely !== undefined) return { device: likely };
  for (const interval of device) {
    const name = firstDevice(interval);
    if (name !== undefined) return { device: deviceInterval(name, false)[0] };
  }
  return undefined;
}

function addressOf(
  box: Box,
  side: 'source' | 'destination',
  likelyOf: 'source' | 'sourceOutside' | 'destination',
): Point {
  const set = box[side] as IntervalSet<Point> | undefined;
  const likely: readonly Point[] = LIKELY[likelyOf][box.family];
  const found = likely.find((each) => set === undefined || contains(set, each));
  return found ?? hostAddress(set ?? [], box.family) ?? bug('a box with an empty set');
}

/** A protocol of the box, with the ports or the type that its packets have. */
function transportOf(box: Box): Points | undefined {
  for (const protocol of protocolsOf(box)) {
    const type = protocol === ICMP[box.family] ? typeOf(box) : absent(box, 'icmpType');
    const ports = WITH_PORTS.has(protocol) ? portsOf(box, protocol) : noPorts(box);
    if (type !== undefined && ports !== undefined) return { protocol, ...type, ...ports };
  }
  return undefined;
}

/** Protocols of the box, the likely ones first, and one that has neither ports nor types. */
function protocolsOf({ family, protocol }: Box): number[] {
  const told = TOLD[family];
  const fits = (each: number): boolean => protocol === undefined || contains(protocol, each);
  const others = difference(protocol ?? [[0, 255]], NAMED[family]);
  const other = LIKELY.otherProtocol.find((each) => contains(others, each)) ?? others[0]?.[0];
  return [...told.filter(fits), ...(other === undefined ? [] : [other])];
}

function typeOf({ family, icmpType }: Box): Points | undefined {
  const types = icmpType === undefined ? undefined : upTo(icmpType, 255);
  return types?.length === 0 ? undefined : { icmpType: pick(types, LIKELY.echoRequest[family]) };
}

function portsOf({ sourcePort, port }: Box, protocol: number): Points | undefined {
  const [from, to] = [sourcePort, port].map((set) => set && upTo(set, 65535));
  if (from?.length === 0 || to?.length === 0) return undefined;
  const likely = protocol === 17 ? LIKELY.datagramPort : LIKELY.port;
  return { sourcePort: pick(from, LIKELY.sourcePort), port: pick(to, likely) };
}

function noPorts(box: Box): Points | undefined {
  return absent(box, 'sourcePort') && absent(box, 'port');
}

/** Without the point of those that have none. */
function upTo(set: IntervalSet<number>, last: number): IntervalSet<number> {
  return difference(set, [[last + 1, last + 1]]);
}

/** The first of the points that is in the set, else the set's lowest. */
function pick(set: IntervalSet<number> | undefined, likely: readonly number[]): number {
  return likely.find((each) => set === undefined || contains(set, each)) ?? lowest(set);
}

function lowest(set: IntervalSet<number> | undefined): number {
  return set?.[0]?.[0] ?? bug('a box with an empty set');
}
