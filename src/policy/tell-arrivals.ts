import { type AddressRange, FAMILIES, type Family } from '../net/address.ts';
import { hasWay } from './has-way.ts';
import { claimedAddresses, ownAddresses } from './own-addresses.ts';
import type { Policy, UplinkPolicy } from './policy.ts';

/** What an uplink brings in one family; of those with one device the first that fits counts. */
export interface ToldArrival {
  readonly family: Family;
  readonly uplink: UplinkPolicy;
  /** What tells it from others on its device: the MACs of its gateways, or its own addresses; without any it is what is left. */
  readonly macs?: readonly number[];
  readonly destinations?: readonly AddressRange[];
  /** Those on the device that nothing tells from it. */
  readonly untold: readonly UplinkPolicy[];
}

/**
 * Says which uplink brought what comes in by a device: its only one; or else the one whose gateway sent it, where
 * that is known by a MAC of its own; or the one whose own address it is sent to. What is left is the one's whose
 * addresses are unknown, or else the first's.
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
      const bySender = new Map(
        those.length < 2 ? [] : those.map((uplink) => [uplink, macsOfItsOwn(uplink, those)]),
      );
      const isKnown = (uplink: UplinkPolicy): boolean => (bySender.get(uplink) ?? []).length > 0;
      const unknown = those.filter((uplink) => ofFamily(claimed.get(uplink)).length === 0);
      const rest =
        unknown.find((uplink) => !isKnown(uplink)) ??
        unknown[0] ??
        those.find((uplink) => !isKnown(uplink)) ??
        those[0] ??
        uplinks[0];
      if (rest === undefined) return [];
      const others = those
        .filter((uplink) => uplink !== rest)
        .map((uplink) => ({
          uplink,
          destinations: ofFamily(own.get(uplink)?.map(({ range }) => range)),
        }));
      const told = others.filter(({ destinations }) => destinations.length > 0);
      const untold = others
        .filter(({ uplink, destinations }) => destinations.length === 0 && !isKnown(uplink))
        .map(({ uplink }) => uplink);
      const senders = [...bySender].filter(([, macs]) => macs.length > 0);
      return [
        ...senders.map(([uplink, macs]) => ({ family, uplink, macs, untold: [] })),
        ...told.map((each) => ({ family, untold: [], ...each })),
        { family, uplink: rest, untold },
      ];
    }),
  );
}

/** A router that stands for two uplinks tells neither. */
function macsOfItsOwn(uplink: UplinkPolicy, those: readonly UplinkPolicy[]): number[] {
  const others = new Set(
    those.filter((each) => each !== uplink).flatMap(({ macs }) => macs.map(({ value }) => value)),
  );
  return [...new Set(uplink.macs.map(({ value }) => value))].filter((mac) => !others.has(mac));
}
