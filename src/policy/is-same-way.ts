import { FAMILIES, type Family } from '../net/address.ts';
import { hasWay } from './has-way.ts';
import type { UplinkPolicy } from './policy.ts';

/** Whether two uplinks on one device are one way out in a family: by the same gateway. */
export function isSameWay(a: UplinkPolicy, b: UplinkPolicy): boolean {
  return sameWayFamilies(a, b).length > 0;
}

/** The families in which nothing tells two uplinks apart. */
export function sameWayFamilies(a: UplinkPolicy, b: UplinkPolicy): readonly Family[] {
  if (a.device !== b.device || a.device === '') return [];
  return FAMILIES.filter(
    (family) =>
      hasWay(a, family) && hasWay(b, family) && gatewayOf(a, family) === gatewayOf(b, family),
  );
}

/** The gateway of a family, where it is known: two that are not can't be told apart. */
function gatewayOf({ gateways }: UplinkPolicy, family: Family): number | bigint | undefined {
  return gateways.find(({ value }) => value.family === family)?.value.value;
}
