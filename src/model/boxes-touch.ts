import { type IntervalSet, overlaps, type Point } from '../net/interval-set.ts';
import { DIMENSIONS, type Dimension } from './dimensions.ts';
import type { Box } from './program.ts';

/** Those that part boxes most often first, and those whose points are slow to compare last. */
const ORDER: readonly Dimension[] = [
  'source',
  'destination',
  'port',
  'protocol',
  ...DIMENSIONS.filter((each) => !['source', 'destination', 'port', 'protocol'].includes(each)),
];

/**
 * Whether two boxes may have something in common: a quick look, before they are intersected.
 *
 * @param dimensions those that both ask, where that is known
 */
export function boxesTouch(a: Box, b: Box, dimensions: readonly Dimension[] = ORDER): boolean {
  if (a.family !== b.family) return false;
  for (const dimension of dimensions) {
    const one = a[dimension] as IntervalSet<Point> | undefined;
    const other = b[dimension] as IntervalSet<Point> | undefined;
    if (one !== undefined && other !== undefined && !overlaps(one, other)) return false;
  }
  return true;
}
