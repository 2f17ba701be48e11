import type { Point } from '../net/interval-set.ts';

/** An interval, and the place in a list of what it belongs to. */
export interface Item {
  readonly low: Point;
  readonly high: Point;
  readonly order: number;
}

/**
 * Intervals in the order of their low ends; each node of the tree above them (a heap's: children of `n`
 * are `2n` and `2n + 1`) knows the highest end and the first place below it. In flat arrays of numbers, for
 * a search looks at many: where points are `bigint`, a number stands for each by its rank.
 */
export interface IntervalTree {
  readonly lows: Float64Array;
  readonly orders: Int32Array;
  readonly width: number;
  readonly highs: Float64Array;
  readonly firsts: Int32Array;
  /** The ends of all intervals, sorted, where points are ranked. */
  readonly ranked: readonly bigint[] | undefined;
}

const NEVER = 0x7fff_ffff;

/** Builds a tree of intervals; at least one. */
export function intervalTree(unsorted: readonly Item[]): IntervalTree {
  const ranked = typeof unsorted[0]?.low === 'bigint' ? endsOf(unsorted) : undefined;
  const items = unsorted
    .map(({ low, high, order }) => {
      return { low: placeOf(ranked, low), high: placeOf(ranked, high), order };
    })
    .sort((a, b) => a.low - b.low);
  let width = 1;
  while (width < items.length) width *= 2;
  const lows = Float64Array.from(items, ({ low }) => low);
  const orders = Int32Array.from(items, ({ order }) => order);
  const highs = new Float64Array(2 * width).fill(-1);
  const firsts = new Int32Array(2 * width).fill(NEVER);
  items.forEach(({ high, order }, index) => {
    highs[width + index] = high;
    firsts[width + index] = order;
  });
  for (let node = width - 1; node > 0; node -= 1) {
    highs[node] = Math.max(highs[2 * node] as number, highs[2 * node + 1] as number);
    firsts[node] = Math.min(firsts[2 * node] as number, firsts[2 * node + 1] as number);
  }
  return { lows, orders, width, highs, firsts, ranked };
}

/** Without a `Set`: V8 hashes no more of a `bigint` than its last 64 bits, which networks of IPv6 have in common. */
function endsOf(items: readonly Item[]): bigint[] {
  const ends = items.flatMap(({ low, high }) => [low as bigint, high as bigint]);
  ends.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return ends.filter((end, at) => end !== ends[at - 1]);
}

/** A point as a number that lies to the numbers of all ends as the point does to the ends. */
function placeOf(ranked: readonly bigint[] | undefined, point: Point): number {
  if (ranked === undefined) return point as number;
  let low = 0;
  let high = ranked.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranked[middle] as bigint) < point) low = middle + 1;
    else high = middle;
  }
  return ranked[low] === point ? 2 * low : 2 * low - 1;
}

/** What is looked for in a tree. */
interface Search {
  readonly low: number;
  readonly high: number;
  /** Only places before this one are asked for. */
  before: number;
  readonly visit: (order: number) => number | undefined;
}

/**
 * Visits what meets an interval, in no order. A visit that returns a place asks for earlier places only
 * from then on.
 */
export function eachMeeting(
  tree: IntervalTree,
  lowest: Point,
  highest: Point,
  visit: (order: number) => number | undefined,
): void {
  const low = placeOf(tree.ranked, lowest);
  const high = lowest === highest ? low : placeOf(tree.ranked, highest);
  walk(tree, { low, high, before: NEVER, visit }, 1, 0, tree.width);
}

function walk(tree: IntervalTree, search: Search, node: number, start: number, size: number): void {
  const { lows, highs, firsts } = tree;
  if ((highs[node] as number) < search.low || (firsts[node] as number) >= search.before) return;
  if (start >= lows.length || (lows[start] as number) > search.high) return;
  if (size === 1) {
    search.before = search.visit(tree.orders[start] as number) ?? search.before;
    return;
  }
  const half = size / 2;
  const left = 2 * node;
  const right = left + 1;
  // Where the earliest place is first: whoever looks for that is spared most of the others.
  if ((firsts[left] as number) <= (firsts[right] as number)) {
    walk(tree, search, left, start, half);
    walk(tree, search, right, start + half, half);
  } else {
    walk(tree, search, right, start + half, half);
    walk(tree, search, left, start, half);
  }
}
