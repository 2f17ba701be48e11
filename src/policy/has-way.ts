import type { Family } from '../net/address.ts';
import type { UplinkPolicy } from './policy.ts';

/** Whether packets of a family can leave by the uplink: by a gateway of it, or onto the link. */
export function hasWay({ gateways, dhcp }: UplinkPolicy, family: Family): boolean {
  const onLink = gateways.length === 0 && dhcp === undefined;
  return onLink || dhcp !== undefined || gateways.some(({ value }) => value.family === family);
}
