import { FAMILIES, type Family } from '../net/address.ts';
import { partOf } from './canonical-line.ts';
import { ADDRESS, GATEWAY, type Loads, NETWORK, type UplinkLines } from './read-artefacts.ts';
import type { State } from './state.ts';

/** A device of the machine. */
export interface Link {
  readonly up: boolean;
  /** Its interface group. */
  readonly group: string;
  /** Whether IPv6 is switched off on it. */
  readonly noIpv6: boolean;
}
export type Links = ReadonlyMap<string, Link>;

/** What was before the first apply: what is no longer wanted otherwise goes back to this. */
export interface Original {
  readonly settings: Readonly<Record<string, string>>;
  readonly groups: Readonly<Record<string, string>>;
}

/** What a lease or a router advertisement brought, in one family. */
export interface Lease {
  readonly gateway?: string | undefined;
  /** The device's own addresses. */
  readonly addresses: readonly string[];
  /** The networks on its wire, by main's routes. */
  readonly networks: readonly string[];
}
/** By device and family. */
export type Leases = ReadonlyMap<string, Lease>;
export const leaseKey = (device: string, family: Family): string => `${device} ${family}`;

/**
 * What is to be live where these artefacts are loaded on a machine with these devices.
 *
 * @param ruleset what the kernel makes of it
 * @param live the routes that are: one that somebody completed by hand stays
 * @param families those that the machine has at all
 * @returns that, and what can't be loaded now, in words: link hooks do it when it can
 */
export function wantedState(
  loads: Loads,
  ruleset: Pick<State, 'nft' | 'iptables'>,
  links: Links,
  original: Original,
  leases: Leases,
  live: State['routes'],
  families: readonly Family[],
): { readonly state: State; readonly leftOut: readonly string[] } {
  const leftOut: string[] = [];
  const leaveOut = (name: string, what: string): void => {
    leftOut.push(`uplink ${name}: ${what} wait; what is sent there is refused until then`);
  };
  const routes: Record<Family, string[]> = {
    4: [...loads.common.routes[4]],
    // Where IPv6 is switched off on lo it takes none, and the router's own packets are refused without an answer.
    6: loads.common.routes[6].filter(
      (line) => links.get('lo')?.noIpv6 !== true || partOf(line, 'dev') !== 'lo',
    ),
  };
  const rules: Record<Family, string[]> = {
    4: [...loads.common.rules[4]],
    6: [...loads.common.rules[6]],
  };
  const groups: Record<string, string> = {};
  const settings: Record<string, string> = { ...loads.settings };
  for (const [device, group] of Object.entries(original.groups)) {
    if (links.has(device)) groups[device] = group;
  }
  for (const uplink of loads.uplinks) {
    const { device, name } = uplink;
    const link = links.get(device);
    if (link === undefined) {
      leaveOut(name, `there is no device ${device} now, so its settings and routes`);
      continue;
    }
    groups[device] = uplink.group;
    // While the link is down, too: what is bound to these addresses must not go on to main.
    for (const family of FAMILIES) {
      const { addresses = [] } = leases.get(leaseKey(device, family)) ?? {};
      rules[family].push(...filled(uplink.own.rules[family], ADDRESS, addresses));
    }
    Object.assign(settings, uplink.settings);
    if (!link.up) {
      leaveOut(name, `${device} is down, so its routes`);
      continue;
    }
    if (link.noIpv6 && uplink.routes[6].length + uplink.leased[6].length > 0) {
      leaveOut(name, `IPv6 is switched off on ${device}, so its IPv6 routes`);
    }
    for (const family of FAMILIES.filter((each) => each === 4 || !link.noIpv6)) {
      routes[family].push(...uplink.routes[family]);
      const leased = completed(uplink, family, leases, live);
      routes[family].push(...leased);
      const { networks = [] } = leases.get(leaseKey(device, family)) ?? {};
      routes[family].push(...filled(uplink.own.routes[family], NETWORK, networks));
      if (leased.length < uplink.leased[family].length) {
        leaveOut(name, `no lease has named its IPv${family} gateway, so its routes`);
      }
    }
  }
  const has = (family: Family): boolean => families.includes(family);
  const state: State = {
    rules: {
      4: rules[4],
      6: has(6) ? rules[6] : [],
    },
    routes: { 4: routes[4], 6: has(6) ? routes[6] : [] },
    groups,
    settings: Object.fromEntries(
      Object.entries({ ...original.settings, ...settings }).filter(
        ([path]) => has(6) || !path.startsWith('net/ipv6/'),
      ),
    ),
    ...ruleset,
  };
  return { state, leftOut };
}

const filled = (lines: readonly string[], open: string, values: readonly string[]): string[] =>
  values.flatMap((value) => lines.map((line) => line.replace(open, value)));

/** The routes that waited for a gateway, as far as one is known. */
function completed(
  { device, leased }: UplinkLines,
  family: Family,
  leases: Leases,
  live: State['routes'],
): string[] {
  const gateway = leases.get(leaseKey(device, family))?.gateway;
  return leased[family].flatMap((line) => {
    if (gateway !== undefined) return line.replace(GATEWAY, gateway);
    const [before = '', after = ''] = line.split(GATEWAY);
    return live[family].find((each) => each.startsWith(before) && each.endsWith(after)) ?? [];
  });
}
