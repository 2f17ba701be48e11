import { bug } from '../../bug.ts';
import { DIMENSIONS, type Dimension, lastPoint } from '../../model/dimensions.ts';
import type { Box } from '../../model/program.ts';
import { isDevicePattern } from '../../net/device-name.ts';
import { complement, type Interval, type IntervalSet, type Point } from '../../net/interval-set.ts';
import { complementCubes, formatMark } from '../../net/mark.ts';
import { formatInterval, spelling } from './key.ts';

/** Gives a set of values a name; the same for the same place in the policy. */
export type NameSet = (dimension: Dimension, family: 4 | 6, set: IntervalSet<Point>) => string;

/** A box as the left sides of nft rules: each of them tests for a part of it. */
export function testsOf(box: Box, nameSet: NameSet): string[] {
  const tests: string[] = [];
  for (const dimension of DIMENSIONS) {
    const set = box[dimension] as IntervalSet<Point> | undefined;
    if (set === undefined) continue;
    if (dimension === 'protocol' && box.icmpType !== undefined) continue;
    tests.push(testOf(dimension, box.family, set, nameSet));
  }
  const marks = markTests(box);
  return marks.map((mark) => [...tests, ...mark].join(' '));
}

function testOf(
  dimension: Dimension,
  family: 4 | 6,
  set: IntervalSet<Point>,
  nameSet: NameSet,
): string {
  const rest = complement<Point>(set, lastPoint(dimension, family));
  const negated =
    dimension === 'device'
      ? !set.every((each) => isDevicePattern(each as Interval<bigint>))
      : rest.length < set.length;
  const shown = negated ? rest : set;
  const [only] = shown;
  if (only === undefined) return bug(`the ${dimension} of a box is empty or everything`);
  const values = shown.map((interval) => formatInterval(dimension, family, interval));
  const value =
    shown.length === 1
      ? values[0]
      : // The field lies across two bytes of the IPv6 header: to where it lies nft shifts the
        // elements of such a set, but not those of one with a name.
        dimension === 'dscp'
        ? `{ ${values.join(', ')} }`
        : `@${nameSet(dimension, family, shown)}`;
  return `${spelling(dimension, family).expression} ${negated ? '!= ' : ''}${value}`;
}

/** One rule holds no more expressions than the kernel has room for. */
const MOST_EXCLUDED = 30;

/** The mark's cubes: one rule each, or one rule that excludes the others where that is shorter. */
function markTests({ mark }: Box): string[][] {
  if (mark === undefined) return [[]];
  const test = (operator: string) => (cube: (typeof mark)[number]) =>
    `meta mark & ${formatMark(cube.mask)} ${operator} ${formatMark(cube.value)}`;
  const others = complementCubes(mark, mark.length);
  if (others !== undefined && others.length < mark.length && others.length <= MOST_EXCLUDED) {
    return [others.map(test('!='))];
  }
  return mark.map((cube) => [test('==')(cube)]);
}
