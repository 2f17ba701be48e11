import { bug } from '../../bug.ts';
import { DIMENSIONS, type Dimension, lastPoint } from '../../model/dimensions.ts';
import type { Box } from '../../model/program.ts';
import { isDevicePattern } from '../../net/device-name.ts';
import { complement, type Interval, type IntervalSet, type Point } from '../../net/interval-set.ts';
import { complementCubes, formatMark } from '../../net/mark.ts';
import { LAST_USER } from '../../net/user.ts';
import { atomTests, refresh } from './atoms.ts';
import { formatInterval, spelling } from './key.ts';

/** Gives a set of values a name; the same for the same place in the policy. */
export type NameSet = (dimension: Dimension, family: 4 | 6, set: IntervalSet<Point>) => string;

/** A box as parts of nft rules. */
export interface Tests {
  /** The box holds where one of these does. */
  readonly any: readonly string[];
  /** And none of these: one rule can't say so. */
  readonly none: readonly string[];
  /** What is done to a packet that the box takes, but for sending it somewhere. */
  readonly seen: readonly string[];
}

/** How nft tests for a box. */
export function testsOf(box: Box, nameSet: NameSet): Tests {
  const tests: string[] = [];
  for (const dimension of DIMENSIONS) {
    const set = box[dimension] as IntervalSet<Point> | undefined;
    if (set === undefined) continue;
    if (dimension === 'protocol' && box.icmpType !== undefined) continue;
    tests.push(testOf(dimension, box.family, set, nameSet));
  }
  let any = markTests(box).map((mark) => [...tests, ...mark]);
  const none: string[] = [];
  const { family, atoms = [] } = box;
  for (const atom of atoms) {
    const either = atomTests(atom, family);
    // A socket whose cgroup lies less deep has no such level: it would fit the opposite neither.
    if (atom.kind === 'cgroup' && atom.negated) {
      none.push(...either);
      any = any.map((way) => [...way, HAS_SOCKET]);
    } else any = any.flatMap((way) => either.map((test) => [...way, test]));
  }
  const seen = atoms.flatMap((atom) => refresh(atom, family));
  return { any: any.map((way) => way.join(' ')), none, seen };
}

/** What no socket sent has no user, and so none in any range. */
const HAS_SOCKET = `meta skuid 0-${LAST_USER}`;

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
  // The field lies across two bytes of the IPv6 header: to where it lies nft shifts single elements of a
  // set, but not those of one with a name; and for a range 1.1.7 shifts the packet's bytes in a wrong order.
  const apart = dimension === 'dscp' && family === 6 ? shown.flatMap(single) : shown;
  const values = apart.map((interval) => formatInterval(dimension, family, interval));
  const value =
    values.length === 1
      ? values[0]
      : dimension === 'dscp'
        ? `{ ${values.join(', ')} }`
        : `@${nameSet(dimension, family, shown)}`;
  return `${spelling(dimension, family).expression} ${negated ? '!= ' : ''}${value}`;
}

/** Each value of an interval of a few. */
const single = ([low, high]: Interval<Point>): Interval<Point>[] =>
  Array.from({ length: Number(high) - Number(low) + 1 }, (_, at) => {
    return [Number(low) + at, Number(low) + at];
  });

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
