import { bug } from '../bug.ts';
import { type Interval, type IntervalSet, intervalSet } from '../net/interval-set.ts';
import { intersectBoxes } from './intersect-boxes.ts';
import { lans } from './lans.ts';
import type { Box, Forward, Program } from './program.ts';
import { subtractBoxes } from './subtract-boxes.ts';

/** Arrivals on one device are few. */
const MOST_BOXES = 10_000;

/**
 * What a `forward` takes of all that is sent to the router itself: its ports where they come in by its uplinks,
 * and on a LAN where they are sent to an own address of one of them.
 */
export function forwardBoxes(program: Program, forward: Forward): readonly Box[] {
  const { family } = forward.to.address;
  const { ports: port, uplinks } = forward;
  const protocol = intervalSet(forward.protocols.map((each): Interval<number> => [each, each]));
  const earlier: Box[] = [];
  const arriving = program.arrivals.flatMap(({ uplink, box }) => {
    const its = subtractBoxes([box], earlier, MOST_BOXES) ?? bug('too many arrivals');
    earlier.push(box);
    return uplinks.includes(uplink) ? its : [];
  });
  const own = uplinks.flatMap((uplink) => uplink.own.filter((each) => each.family === family));
  const destination = intervalSet<number | bigint>(
    own.map(({ range: { low, high } }) => [low, high]),
  );
  const asked = { family, destination: destination as IntervalSet<never>, device: lans(program) };
  return [...arriving, ...(own.length === 0 ? [] : [asked])].flatMap(
    (box) => intersectBoxes(box, { family, protocol, port }) ?? [],
  );
}
