import { bug } from '../bug.ts';
import type { Family } from '../net/address.ts';
import type { Interval, IntervalSet, Point } from '../net/interval-set.ts';
import { isAscending } from './ascending.ts';
import { BITS, type BoxColumns } from './box-columns.ts';
import { KEYED, type Keyed } from './dimensions.ts';
import type { Box } from './program.ts';
import { type Limits, LONGEST_KEY, MOST_PARTS } from './structures.ts';

/** One value that is tested for before a look-up. */
export interface Guard {
  readonly dimension: Keyed;
  readonly value: Point;
}

/** Boxes that one look-up can hold. */
export interface Shape {
  /**
   * `line`: intervals in one dimension. `exact`: single values in several. `guarded`: intervals in one,
   * single values in others, the same in all boxes. `ranges`: intervals in several.
   */
  readonly kind: 'line' | 'exact' | 'guarded' | 'ranges';
  readonly dimensions: readonly Keyed[];
  readonly guard: readonly Guard[];
  /** Of the boxes, as places in the list of entries; ascending. */
  readonly places: number[];
}

/** What each dimension takes of a key, in bytes; addresses by their family. */
const BYTES = {
  device: 16,
  mac: 8,
  protocol: 4,
  icmpType: 4,
  sourcePort: 4,
  port: 4,
  user: 4,
} as const;

export type SetOf = IntervalSet<Point>;

/** The box at a place that there is. */
export const boxAt = (boxes: BoxColumns, place: number): Box =>
  boxes.at(place) ?? bug('a box is lost');

/** The set that a box has in a dimension of its key. */
export const setOf = (box: Box, dimension: Keyed): SetOf => box[dimension] as SetOf;

export const isSingle = ([low, high]: Interval<Point>): boolean => low === high;

const NO_GUARD: readonly Guard[] = [];

/** Finds the shape of each box; one that has none is tested by itself. */
export function shapesOf(boxes: BoxColumns, family: Family, limits: Limits): Shape[] {
  const shapes = new Map<string, Shape>();
  let last: Shape | undefined;
  const join = (
    kind: Shape['kind'],
    place: number,
    dimensions: readonly Keyed[],
    guard = NO_GUARD,
  ): void => {
    // Boxes of one shape follow one another.
    if (last?.kind === kind && last.dimensions === dimensions && last.guard === guard) {
      last.places.push(place);
      return;
    }
    const guards = guard.map(({ dimension, value }) => `${dimension} ${value}`);
    const name = [kind, ...dimensions, ...guards].join();
    last = shapes.get(name) ?? { kind, dimensions, guard, places: [] };
    shapes.set(name, last);
    last.places.push(place);
  };
  const candidates = new Map<string, Candidate>();
  const keyFor = keysOf(boxes, family);
  for (let place = 0; place < boxes.length; place += 1) {
    const dimensions = keyFor(place);
    if (dimensions === undefined) continue;
    if (limits.isKey?.(dimensions, boxAt(boxes, place)) === false) continue;
    if (dimensions.length === 1) {
      join('line', place, dimensions);
      continue;
    }
    const setIn = setsAt(boxes, place);
    const wide = dimensions.filter((each) => !setIn(each).every(isSingle));
    const [only] = wide;
    if (only === undefined) {
      if (isFewCells(setIn, dimensions, limits)) join('exact', place, dimensions);
    } else if (wide.length === 1) {
      const name = `${dimensions.join()} ${only}`;
      const others = dimensions.filter((each) => each !== only);
      const candidate = candidates.get(name) ?? { dimensions, only, others, places: [] };
      candidates.set(name, candidate);
      candidate.places.push(place);
    } else if (isFewRanges(setIn, dimensions, limits)) join('ranges', place, dimensions);
  }
  for (const candidate of candidates.values()) {
    const { dimensions, only, others, places } = candidate;
    if (isGuarded(candidate, boxes, limits)) {
      for (const place of places) {
        for (const guard of guardsOf(setsAt(boxes, place), others)) {
          join('guarded', place, [only], guard);
        }
      }
      continue;
    }
    for (const place of places) {
      const setIn = setsAt(boxes, place);
      if (isFewRanges(setIn, dimensions, limits)) join('ranges', place, dimensions);
    }
  }
  for (const { places } of shapes.values()) {
    if (!isAscending(places)) places.sort((a, b) => a - b);
  }
  return [...shapes.values()];
}

/** Boxes that are wide in the same one of the same dimensions. */
interface Candidate {
  readonly dimensions: readonly Keyed[];
  readonly only: Keyed;
  readonly others: readonly Keyed[];
  readonly places: number[];
}

/**
 * The dimensions of a box's key, or nothing where no look-up can say what it asks for; the very same list for all
 * that ask for the same, as most of a hundred thousand do.
 */
function keysOf(
  boxes: BoxColumns,
  family: Family,
): (place: number) => readonly Keyed[] | undefined {
  const known = new Map<number, readonly Keyed[] | undefined>();
  return (place) => {
    const asks = boxes.asksAt(place);
    if ((asks & UNKEYED) !== 0) return undefined;
    // Names are hashed, or else tested by their prefix.
    if ((asks & DEVICE) !== 0 && !boxes.setAt(place, 'device').every(isSingle)) return undefined;
    if (!known.has(asks)) known.set(asks, keyOf(boxAt(boxes, place), family));
    return known.get(asks);
  };
}

const UNKEYED = BITS.dscp | BITS.mark | BITS.atoms;
const DEVICE = BITS.device;

function keyOf(box: Box, family: Family): readonly Keyed[] | undefined {
  const dimensions = KEYED.filter((dimension) => {
    // An ICMP type is only ever looked at in ICMP: its protocol goes without saying.
    if (dimension === 'protocol' && box.icmpType !== undefined) return false;
    return box[dimension] !== undefined;
  });
  const addressBytes = family === 4 ? 4 : 16;
  const bytes = dimensions.reduce(
    (sum, each) => sum + (each === 'source' || each === 'destination' ? addressBytes : BYTES[each]),
    0,
  );
  const { length } = dimensions;
  return length === 0 || length > MOST_PARTS || bytes > LONGEST_KEY ? undefined : dimensions;
}

/** The sets of one box. */
type SetIn = (dimension: Keyed) => SetOf;

const setsAt =
  (boxes: BoxColumns, place: number): SetIn =>
  (dimension) =>
    boxes.setAt(place, dimension);

const sizes = (setIn: SetIn, dimensions: readonly Keyed[]): number[] =>
  dimensions.map((dimension) => setIn(dimension).length);
const product = (numbers: readonly number[]): number => numbers.reduce((a, b) => a * b, 1);

function isFewCells(setIn: SetIn, dimensions: readonly Keyed[], limits: Limits): boolean {
  const all = sizes(setIn, dimensions);
  const cells = product(all);
  return cells <= limits.mostCells || cells <= limits.mostCopies * Math.max(...all);
}

const isFewRanges = (setIn: SetIn, dimensions: readonly Keyed[], limits: Limits): boolean =>
  product(sizes(setIn, dimensions)) <= limits.mostCells;

function isGuarded(candidate: Candidate, all: BoxColumns, limits: Limits): boolean {
  const { dimensions, others, places } = candidate;
  const cells = places.reduce(
    (sum, place) => sum + product(sizes(setsAt(all, place), dimensions)),
    0,
  );
  if (cells < limits.manyGuarded) return false;
  const guards = new Set<string>();
  for (const place of places) {
    const setIn = setsAt(all, place);
    if (product(sizes(setIn, others)) > limits.mostGuards) return false;
    for (const guard of guardsOf(setIn, others)) guards.add(guard.map(({ value }) => value).join());
    if (guards.size > limits.mostGuards) return false;
  }
  return true;
}

function guardsOf(setIn: SetIn, dimensions: readonly Keyed[]): Guard[][] {
  let guards: Guard[][] = [[]];
  for (const dimension of dimensions) {
    guards = guards.flatMap((guard) =>
      setIn(dimension).map(([value]) => [...guard, { dimension, value }]),
    );
  }
  return guards;
}
