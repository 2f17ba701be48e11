import { type AddressRange, FAMILIES, type Family } from '../net/address.ts';
import { hasWay } from './has-way.ts';
import { claimedAddresses, ownAddresses } from './own-addresses.ts';
import type { Policy, UplinkPolicy } from './policy.ts';

/** What an uplink brings in one family; of those with one device the first that fits counts. */
export interface ToldArrival {
  readonly family: Family;
  readonly uplink: UplinkPolicy;
  /** The addresses that tell it from others on its device; without any it is what is left. */
  readonly destinations?: readonly AddressRange[];
  /** Those on the device that nothing tells from it. */
  readonly untold: readonly UplinkPolicy[];
}

/**
 * Says which uplink brought what comes in by a device: its only one, or else the one whose own
 * address it is sent to. What is left is the one's whose addresses are unknown, or else the first's.
 */
export function tellArrivals(policy: Policy): ToldArrival[] {
  const own = ownAddresses(policy);
  const claimed = claimedAddresses(policy);
  const devices = new Map<string, UplinkPolicy[]>();
  for (const uplink of policy.uplinks) {
    devices.set(uplink.device, [...(devices.get(uplink.device) ?? []), uplink]);
  }
  return [...devices.values()].flatMap((uplinks) =>
    FAMILIES.flatMap((family): ToldArrival[] => {
      const those = uplinks.filter((uplink) => hasWay(uplink, family));
      const ofFamily = (ranges: readonly AddressRange[] | undefined): AddressRange[] =>
        (ranges ?? []).filter((range) => range.family === family);
      const unknown = those.find((uplink) => ofFamily(claimed.get(uplink)).length === 0);
      const rest = unknown ?? those[0] ?? uplinks[0];
      if (rest === undefined) return [];
      const others = those
        .filter((uplink) => uplink !== rest)
        .map((uplink) => ({
          uplink,
          destinations: ofFamily(own.get(uplink)?.map(({ range }) => range)),
        }));
      const told = others.filter(({ destinations }) => destinations.length > 0);
      const untold = others
        .filter(({ destinations }) => destinations.length === 0)
        .map(({ uplink }) => uplink);
      return [
        ...told.map((each) => ({ family, untold: [], ...each })),
        { family, uplink: rest, untold },
      ];
    }),
  );
}
