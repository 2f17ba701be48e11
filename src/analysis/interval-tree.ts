import type { Point } from '../net/interval-set.ts';

/** An interval, and the place in a list of what it belongs to. */
export interface Item {
  readonly low: Point;
  readonly high: Point;
  readonly order: number;
}

/**
 * Intervals in the order of their low ends; each node of the tree above them (a heap's: children of `n`
 * are `2n` and `2n + 1`) knows the highest end and the first place below it.
 */
export interface IntervalTree {
  readonly items: readonly Item[];
  readonly width: number;
  readonly highs: readonly Point[];
  readonly firsts: readonly number[];
}

const NEVER = Number.POSITIVE_INFINITY;

/** Builds a tree of intervals; at least one. */
export function intervalTree(unsorted: readonly Item[]): IntervalTree {
  const items = [...unsorted].sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
  let width = 1;
  while (width < items.length) width *= 2;
  const highs = new Array<Point>(2 * width).fill(-1);
  const firsts = new Array<number>(2 * width).fill(NEVER);
  items.forEach(({ high, order }, index) => {
    highs[width + index] = high;
    firsts[width + index] = order;
  });
  for (let node = width - 1; node > 0; node -= 1) {
    const [left, right] = [highs[2 * node] as Point, highs[2 * node + 1] as Point];
    highs[node] = left > right ? left : right;
    firsts[node] = Math.min(firsts[2 * node] as number, firsts[2 * node + 1] as number);
  }
  return { items, width, highs, firsts };
}

/**
 * Visits what meets an interval, in no order. A visit that returns a place asks for earlier places only
 * from then on.
 */
export function eachMeeting(
  { items, width, highs, firsts }: IntervalTree,
  low: Point,
  high: Point,
  visit: (order: number) => number | undefined,
): void {
  let before = NEVER;
  const walk = (node: number, start: number, size: number): void => {
    if ((highs[node] as Point) < low || (firsts[node] as number) >= before) return;
    if (start >= items.length || (items[start] as Item).low > high) return;
    if (size === 1) {
      before = visit((items[start] as Item).order) ?? before;
      return;
    }
    const half = size / 2;
    const [left, right] = [2 * node, 2 * node + 1];
    // Where the earliest place is first: whoever looks for that is spared most of the others.
    if ((firsts[left] as number) <= (firsts[right] as number)) {
      walk(left, start, half);
      walk(right, start + half, half);
    } else {
      walk(right, start + half, half);
      walk(left, start, half);
    }
  };
  walk(1, 0, width);
}
