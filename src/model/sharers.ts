import type { Family } from '../net/address.ts';
import type { Uplink } from './program.ts';

/** The uplinks on the device of one that have a way for a family, as declared; it may be among them. */
export function sharers(
  uplinks: readonly Uplink[],
  { device }: Uplink,
  family: Family,
): readonly Uplink[] {
  return uplinks.filter((each) => each.device === device && each.ways[family] !== undefined);
}

/** Whether the device alone does not say what leaves by an uplink, or came in by it. */
export function isShared(uplinks: readonly Uplink[], uplink: Uplink, family: Family): boolean {
  const those = sharers(uplinks, uplink, family);
  return those.length > 1 && those.includes(uplink);
}

/** The own addresses of the others on the device of an uplink. */
export function othersAddresses(
  uplinks: readonly Uplink[],
  uplink: Uplink,
  family: Family,
): readonly string[] {
  return sharers(uplinks, uplink, family)
    .filter((each) => each !== uplink)
    .flatMap(({ own }) => own.filter((each) => each.family === family))
    .map(({ prefix }) => prefix);
}

/**
 * The address that masquerading gives to what leaves by an uplink on a shared device. Left to itself the kernel takes
 * one of the device's, perhaps another uplink's: in IPv6 it does not look at the gateway, in IPv4 at no more than
 * its network (nf_nat_masquerade.c). Void where the device is not shared, or the uplink has none of its own.
 */
export function masqueradeAddress(
  uplinks: readonly Uplink[],
  uplink: Uplink,
  family: Family,
): string | undefined {
  if (!isShared(uplinks, uplink, family)) return undefined;
  return uplink.own.find((each) => each.family === family && !each.prefix.includes('/'))?.prefix;
}

/** The realm of the IPv4 routes of an uplink whose device is shared: what iptables tells them by. */
export function realmOf(priority: number, { slot }: Uplink): number {
  return priority + slot;
}
