import { deviceInterval, LAST_DEVICE } from '../net/device-name.ts';
import { complement, type IntervalSet, intervalSet } from '../net/interval-set.ts';
import type { Program } from './program.ts';

/** The devices that are no uplink's, by the order of their names. */
export function lans({ uplinks }: Program): IntervalSet<bigint> {
  const devices = intervalSet(uplinks.map(({ device }) => deviceInterval(device, false)));
  return complement(devices, LAST_DEVICE);
}
