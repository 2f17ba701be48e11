import type { Box } from '../model/program.ts';
import { deviceInterval } from '../net/device-name.ts';
import { type Interval, intervalSet, type Point } from '../net/interval-set.ts';
import type { ToldArrival } from './tell-arrivals.ts';

/** What is brought, as a box. */
export function arrivalBox({ family, uplink, macs, destinations }: ToldArrival): Box {
  const device = [deviceInterval(uplink.device, false)];
  if (macs !== undefined) {
    return { family, device, mac: intervalSet(macs.map((mac): Interval<number> => [mac, mac])) };
  }
  if (destinations === undefined) return { family, device };
  const ranges = destinations.map(({ low, high }) => [low, high] as Interval<Point>);
  return { family, device, destination: intervalSet(ranges) } as Box;
}
