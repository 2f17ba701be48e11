import { bug } from '../../bug.ts';
import type { Box } from '../../model/program.ts';
import { KEYED } from '../../model/runs.ts';
import { LAST_4, LAST_6 } from '../../net/address.ts';
import { deviceInterval, formatDevice, LAST_DEVICE } from '../../net/device-name.ts';
import { complement, type IntervalSet, type Point } from '../../net/interval-set.ts';
import { complementCubes, formatMark } from '../../net/mark.ts';
import { formatInterval, spelling, type Tested } from './key.ts';

/** Gives a set of values a name; the same for the same place in the policy. */
export type NameSet = (dimension: Tested, family: 4 | 6, set: IntervalSet<Point>) => string;

const DIMENSIONS: readonly Tested[] = [...KEYED, 'dscp'];

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
  dimension: Tested,
  family: 4 | 6,
  set: IntervalSet<Point>,
  nameSet: NameSet,
): string {
  const rest = complement<Point>(set, lastOf(dimension, family));
  const negated = dimension === 'device' ? !set.every(isPattern) : rest.length < set.length;
  const shown = negated ? rest : set;
  const [only] = shown;
  if (only === undefined) return bug(`the ${dimension} of a box is empty or everything`);
  const value =
    shown.length === 1
      ? formatInterval(dimension, family, only)
      : `@${nameSet(dimension, family, shown)}`;
  return `${spelling(dimension, family).expression} ${negated ? '!= ' : ''}${value}`;
}

/** Whether an interval of names is one name, or all that begin alike. */
function isPattern(interval: readonly [Point, Point]): boolean {
  const [low, high] = interval as readonly [bigint, bigint];
  const name = formatDevice([low, high]);
  const [from, to] = name.endsWith('*')
    ? deviceInterval(name.slice(0, -1), true)
    : deviceInterval(name, false);
  return low === from && high === to;
}

function lastOf(dimension: Tested, family: 4 | 6): Point {
  switch (dimension) {
    case 'device':
      return LAST_DEVICE;
    case 'mac':
      return 2 ** 48 - 1;
    case 'source':
    case 'destination':
      return family === 4 ? LAST_4 : LAST_6;
    case 'protocol':
    case 'icmpType':
      return 255;
    case 'sourcePort':
    case 'port':
      return 65535;
    case 'dscp':
      return 63;
    default:
      dimension satisfies never;
      return bug('a dimension without an end');
  }
}

/** The mark's cubes: one rule each, or one rule that excludes the others where that is shorter. */
function markTests({ mark }: Box): string[][] {
  if (mark === undefined) return [[]];
  const test = (operator: string) => (cube: (typeof mark)[number]) =>
    `meta mark & ${formatMark(cube.mask)} ${operator} ${formatMark(cube.value)}`;
  const others = complementCubes(mark);
  if (others.length < mark.length) return [others.map(test('!='))];
  return mark.map((cube) => [test('==')(cube)]);
}
