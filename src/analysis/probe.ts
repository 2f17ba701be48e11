import { lastPoint } from '../model/dimensions.ts';
import type { Packet } from '../model/packet.ts';
import type { Box } from '../model/program.ts';
import { witness } from '../model/witness.ts';
import { type IntervalSet, intersection, type Point } from '../net/interval-set.ts';

const WIDE = ['source', 'destination', 'sourcePort', 'port'] as const;

/**
 * A packet in a box, far from all that was taken out of it: where single hosts were, the next one is
 * often taken as well.
 */
export function probe(box: Box, local: boolean): Packet | undefined {
  const narrow: Record<string, unknown> = { ...box };
  for (const dimension of WIDE) {
    const set = box[dimension] as IntervalSet<Point> | undefined;
    const last = lastPoint(dimension, box.family);
    const real = set && intersection(set, [[typeof last === 'bigint' ? 0n : 0, last]]);
    if (real === undefined || real.length === 0) continue;
    const point = middle(real);
    narrow[dimension] = [[point, point]];
  }
  // Where a box has packets of several kinds, those of the narrow one may not be among them.
  return witness(narrow as unknown as Box, local) ?? witness(box, local);
}

/** The middle of the longest interval. */
function middle(set: IntervalSet<Point>): Point {
  let longest = set[0] as readonly [Point, Point];
  for (const interval of set) if (size(interval) > size(longest)) longest = interval;
  const [low, high] = longest;
  return typeof low === 'bigint'
    ? (low + (high as bigint)) / 2n
    : Math.floor((low + (high as number)) / 2);
}

const size = ([low, high]: readonly [Point, Point]): Point =>
  typeof low === 'bigint' ? (high as bigint) - low : (high as number) - low;
