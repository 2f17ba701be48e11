import { bug } from '../bug.ts';
import type { Family } from '../net/address.ts';
import type { IntervalSet, Point } from '../net/interval-set.ts';
import { type Series, series } from '../series.ts';
import { WholeNumbers } from '../whole-numbers.ts';
import { DIMENSIONS, type Dimension } from './dimensions.ts';
import type { Box } from './program.ts';
import { type Form, type Variation, varied } from './variation.ts';

/** Boxes of one family as columns: nearly all ask for one interval in a dimension or two, and are kept as those ends. */
export interface BoxColumns extends Series<Box> {
  readonly add: (box: Box) => void;
  readonly addVaried: (variation: Variation) => void;
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
  const asks = new WholeNumbers();
  /** Of each box, where its ends begin; of one that is kept whole, none do. */
  const starts = new WholeNumbers();
  const ends: Point[] = [];
  const whole = new Map<number, Box>();
  const setOf = (place: number, index: number): IntervalSet<Point> => {
    const its = asks.at(place);
    let at = starts.at(place);
    for (let before = 0; before < index; before += 1) if ((its & (1 << before)) !== 0) at += 2;
    return [[ends[at] as Point, ends[at + 1] as Point]];
  };
  const boxAt = (place: number): Box => {
    if (starts.at(place) === -1) return whole.get(place) ?? bug('a box is lost');
    const its = asks.at(place);
    const box: { -readonly [D in Dimension]?: IntervalSet<Point> } & { family: Family } = {
      family,
    };
    let at = starts.at(place);
    for (let index = 0; its >> index !== 0; index += 1) {
      if ((its & (1 << index)) === 0) continue;
      box[DIMENSIONS[index] as Dimension] = [[ends[at] as Point, ends[at + 1] as Point]];
      at += 2;
    }
    return box as Box;
  };
  const layouts = new Map<Form, Layout>();
  let last: Layout | undefined;
  const layoutOf = (form: Form): Layout => {
    last = layouts.get(form) ?? layOut(form);
    layouts.set(form, last);
    return last;
  };
  const columns = {
    addVaried: (variation: Variation): void => {
      const { form, ends: varying, at } = variation;
      const { parts, asked } = last?.form === form ? last : layoutOf(form);
      if (parts === undefined) {
        columns.add(varied(variation));
        return;
      }
      asks.push(asked);
      starts.push(ends.length);
      for (let index = 0; index < parts.length; index += 1) {
        const { low, high, from } = parts[index] as Part;
        if (from === -1) ends.push(low, high);
        else ends.push(varying[at + from] as Point, varying[at + from + 1] as Point);
      }
    },
    add: (box: Box): void => {
      const { its, isPlain } = asksOf(box);
      if (!isPlain) whole.set(asks.length, box);
      starts.push(isPlain ? ends.length : -1);
      asks.push(its);
      for (let index = 0; isPlain && its >> index !== 0; index += 1) {
        if ((its & (1 << index)) === 0) continue;
        const [[low, high]] = box[DIMENSIONS[index] as Dimension] as [[Point, Point]];
        ends.push(low, high);
      }
    },
    asksAt: (place: number): number => asks.at(place),
    setAt: (place: number, dimension: Dimension): IntervalSet<Point> => {
      const index = DIMENSIONS.indexOf(dimension);
      return starts.at(place) === -1
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

/** What a box asks for, and whether that is one interval in each dimension. */
function asksOf(box: Box): { readonly its: number; readonly isPlain: boolean } {
  let its = 0;
  let isPlain = true;
  for (const name in box) {
    if (name === 'family') continue;
    const set = box[name as (typeof ASKED)[number]];
    if (set === undefined) continue;
    its |= BITS[name as (typeof ASKED)[number]];
    if (set.length !== 1) isPlain = false;
  }
  return { its, isPlain: isPlain && (its & UNPLAIN) === 0 };
}

/** How the variations of a form are kept. */
interface Layout {
  readonly form: Form;
  readonly asked: number;
  /** Void where they are kept whole. */
  readonly parts: readonly Part[] | undefined;
}

/** An interval that all have alike, or where among the ends of a variation its own are. */
interface Part {
  readonly low: Point;
  readonly high: Point;
  /** -1 if all have it alike. */
  readonly from: number;
}

function layOut(form: Form): Layout {
  const { of, dimensions } = form;
  const { its: asked, isPlain } = asksOf(of);
  if (!isPlain) return { form, asked, parts: undefined };
  const parts = DIMENSIONS.flatMap((dimension): Part[] => {
    const [only] = (of[dimension] ?? []) as IntervalSet<Point>;
    if (only === undefined) return [];
    const index = dimensions.indexOf(dimension);
    return [{ low: only[0], high: only[1], from: index < 0 ? -1 : 2 * index }];
  });
  return { form, asked, parts };
}
