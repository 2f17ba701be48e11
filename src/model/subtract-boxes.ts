import { difference, type IntervalSet, intersection, type Point } from '../net/interval-set.ts';
import { differenceCubes, intersectCubes } from '../net/mark.ts';
import { absentPoint } from './absent-point.ts';
import { DIMENSIONS, type Dimension, lastPoint } from './dimensions.ts';
import type { Box } from './program.ts';

/**
 * What lies in some of the boxes and in none of the others, as disjoint boxes if the first ones are;
 * nothing where that would take more than `most`. Packets that can't be (ports without a protocol
 * that has them) may be among what is left: `witness` knows.
 */
export function subtractBoxes(
  boxes: readonly Box[],
  others: Iterable<Box>,
  most: number,
): readonly Box[] | undefined {
  let left = boxes;
  for (const other of others) {
    if (left.length === 0) break;
    const next: Box[] = [];
    for (const box of left) {
      const pieces = subtractBox(box, other, most);
      if (pieces === undefined) return undefined;
      for (const piece of pieces) next.push(piece);
      if (next.length > most) return undefined;
    }
    left = next;
  }
  return left;
}

/**
 * What is in `a` and not in `b`: for each dimension that `b` asks, in their order, what lies beyond it
 * there and within it before. So protocols are parted before what only some of them have.
 */
function subtractBox(a: Box, b: Box, most: number): Box[] | undefined {
  if (a.family !== b.family) return [a];
  const out: Box[] = [];
  const inside: Record<string, unknown> = { ...a };
  for (const dimension of DIMENSIONS) {
    const other = b[dimension] as IntervalSet<Point> | undefined;
    if (other === undefined) continue;
    const set = (a[dimension] as IntervalSet<Point> | undefined) ?? all(dimension, a);
    const common = intersection(set, other);
    if (common.length === 0) return [a];
    const beyond = difference(set, other);
    if (beyond.length > 0) out.push({ ...inside, [dimension]: beyond } as unknown as Box);
    inside[dimension] = common;
  }
  if (b.mark !== undefined) {
    const marks = a.mark ?? [{ value: 0, mask: 0 }];
    if (intersectCubes(marks, b.mark).length === 0) return [a];
    const beyond = differenceCubes(marks, b.mark, most);
    if (beyond === undefined) return undefined;
    if (beyond.length > 0) out.push({ ...inside, mark: beyond } as unknown as Box);
  }
  return out;
}

/** All points of a dimension, that of a packet without any among them. */
function all(dimension: Dimension, { family }: Box): IntervalSet<Point> {
  const last = absentPoint(dimension, family) ?? lastPoint(dimension, family);
  return [[typeof last === 'bigint' ? 0n : 0, last]];
}
