import { FAMILIES, type Family } from '../net/address.ts';
import { hasWay } from './has-way.ts';
import type { UplinkPolicy } from './policy.ts';

/** Whether two uplinks on one device are one way out: the same gateway wherever both have one. */
export function isSameWay(a: UplinkPolicy, b: UplinkPolicy): boolean {
  if (a.device !== b.device || a.device === '') return false;
  const both = FAMILIES.filter((family) => hasWay(a, family) && hasWay(b, family));
  return both.length > 0 && both.every((family) => gatewayOf(a, family) === gatewayOf(b, family));
}

/** The gateway of a family, `dhcp`, or nothing: the packets go onto the link. */
function gatewayOf({ gateways, dhcp }: UplinkPolicy, family: Family): number | bigint | string {
  const written = gateways.find(({ value }) => value.family === family)?.value.value;
  return written ?? (dhcp === undefined ? '' : 'dhcp');
}
