import { bug } from '../bug.ts';
import type { Family } from '../net/address.ts';
import type { IntervalSet, Point } from '../net/interval-set.ts';
import { type Series, series } from '../series.ts';
import { DIMENSIONS, type Dimension } from './dimensions.ts';
import type { Box } from './program.ts';

/** Boxes of one family as columns: nearly all ask for one interval in a dimension or two, and are kept as those ends. */
export interface BoxColumns extends Series<Box> {
  readonly add: (box: Box) => void;
  /** What the box at a place asks for: a bit for each of `ASKED`. */
  readonly asksAt: (place: number) => number;
  /** The set that it has in a dimension that it asks for. */
  readonly setAt: (place: number, dimension: Dimension) => IntervalSet<Point>;
}

/** All that a box can ask for, in the order of the bits. */
const ASKED = [...DIMENSIONS, 'mark', 'atoms'] as const;

/** The bit of each thing that a box can ask for. */
export const BITS = Object.fromEntries(ASKED.map((name, index) => [name, 1 << index])) as Readonly<
  Record<(typeof ASKED)[number], number>
>;

/** What is no set of intervals. */
const UNPLAIN = BITS.mark | BITS.atoms;

/** Columns without any box yet. */
export function boxColumns(family: Family): BoxColumns {
  const asks: number[] = [];
  /** Of each box, where its ends begin; of one that is kept whole, none do. */
  const starts: number[] = [];
  const ends: Point[] = [];
  const whole = new Map<number, Box>();
  const setOf = (place: number, index: number): IntervalSet<Point> => {
    const its = asks[place] as number;
    let at = starts[place] as number;
    for (let before = 0; before < index; before += 1) if ((its & (1 << before)) !== 0) at += 2;
    return [[ends[at] as Point, ends[at + 1] as Point]];
  };
  const boxAt = (place: number): Box => {
    if (starts[place] === -1) return whole.get(place) ?? bug('a box is lost');
    const its = asks[place] as number;
    const box: { -readonly [D in Dimension]?: IntervalSet<Point> } & { family: Family } = {
      family,
    };
    let at = starts[place] as number;
    for (let index = 0; its >> index !== 0; index += 1) {
      if ((its & (1 << index)) === 0) continue;
      box[DIMENSIONS[index] as Dimension] = [[ends[at] as Point, ends[at + 1] as Point]];
      at += 2;
    }
    return box as Box;
  };
  const columns = {
    add: (box: Box): void => {
      let its = 0;
      let isPlain = true;
      for (const name in box) {
        if (name === 'family') continue;
        const set = box[name as (typeof ASKED)[number]];
        if (set === undefined) continue;
        its |= BITS[name as (typeof ASKED)[number]];
        if (set.length !== 1) isPlain = false;
      }
      if ((its & UNPLAIN) !== 0) isPlain = false;
      if (!isPlain) whole.set(asks.length, box);
      starts.push(isPlain ? ends.length : -1);
      asks.push(its);
      for (let index = 0; isPlain && its >> index !== 0; index += 1) {
        if ((its & (1 << index)) === 0) continue;
        const [[low, high]] = box[DIMENSIONS[index] as Dimension] as [[Point, Point]];
        ends.push(low, high);
      }
    },
    asksAt: (place: number): number => asks[place] as number,
    setAt: (place: number, dimension: Dimension): IntervalSet<Point> => {
      const index = DIMENSIONS.indexOf(dimension);
      return starts[place] === -1
        ? ((whole.get(place)?.[dimension] ?? bug('a box is lost')) as IntervalSet<Point>)
        : setOf(place, index);
    },
  };
  return {
    get length() {
      return asks.length;
    },
    at: (place) => (place < asks.length ? boxAt(place) : undefined),
    [Symbol.iterator]: () => series(asks.length, boxAt)[Symbol.iterator](),
    ...columns,
  };
}
