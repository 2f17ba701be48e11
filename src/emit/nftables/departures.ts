import type { Uplink } from '../../model/program.ts';
import { isShared, sharers } from '../../model/sharers.ts';
import { FAMILIES, type Family } from '../../net/address.ts';
import { ip, only, quoted } from './names.ts';

/** Tests for what leaves by an uplink, from those that are certain to those that take what is left. */
export interface Departure {
  readonly tests: readonly string[];
  /** To the networks on its wire, where others share that. */
  readonly near: readonly string[];
  readonly rest: readonly string[];
}

/**
 * By its device, in the families that it has a way for; where others share that, by its gateway. In a
 * family without one what leaves by the device was main's to send there.
 */
export function departure(uplinks: readonly Uplink[], uplink: Uplink): Departure {
  const device = `oifname ${quoted(uplink.device)}`;
  const families = FAMILIES.filter((family) => uplink.ways[family] !== undefined);
  const shared = families.filter((family) => isShared(uplinks, uplink, family));
  if (shared.length === 0 && families.length === FAMILIES.length) {
    return { tests: [device], near: [], rest: [] };
  }
  const by = (kind: keyof Departure): string[] =>
    families.flatMap((family) =>
      (shared.includes(family)
        ? sharedDeparture(uplink, family)
        : { tests: [only(family)], near: [], rest: [] })[kind].map((test) => `${device} ${test}`),
    );
  return { tests: by('tests'), near: by('near'), rest: by('rest') };
}

/** The same for one family of an uplink whose device is shared, without the device. */
export function sharedDeparture({ ways, networks }: Uplink, family: Family): Departure {
  const way = ways[family];
  const near = networks
    .filter((each) => each.family === family)
    .map(({ prefix }) => `${ip(family)} daddr ${prefix}`);
  if (way?.kind !== 'gateway') return { tests: [], near, rest: [only(family)] };
  // On a route without a gateway the destination is the next hop.
  const hop = `${only(family)} rt ${ip(family)} nexthop ${way.gateway}`;
  return { tests: [hop], near, rest: [] };
}

/** Which uplinks of one device take what leaves by it in a family: tests in order, and who is left. */
export function departuresOf(
  uplinks: readonly Uplink[],
  one: Uplink,
  family: Family,
): { readonly told: readonly { test: string; uplink: Uplink }[]; readonly rest: Uplink } {
  const those = sharers(uplinks, one, family);
  const list = (kind: 'tests' | 'near') =>
    those.flatMap((uplink) =>
      sharedDeparture(uplink, family)[kind].map((test) => ({ test, uplink })),
    );
  const unknown = those.find(({ ways }) => ways[family]?.kind !== 'gateway');
  return { told: [...list('tests'), ...list('near')], rest: unknown ?? those[0] ?? one };
}
