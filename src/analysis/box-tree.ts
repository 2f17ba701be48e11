import { absentPoint } from '../model/absent-point.ts';
import type { Dimension } from '../model/dimensions.ts';
import type { Packet } from '../model/packet.ts';
import type { Box } from '../model/program.ts';
import type { IntervalSet, Point } from '../net/interval-set.ts';

/**
 * Boxes by how far they reach. A node of the tree (a heap's: children of `n` are `2n` and `2n + 1`) knows how
 * far all below it reach on each axis, and the first place below it. In flat arrays of numbers, for a search looks
 * at many: where points are `bigint`, a number stands for each by its rank.
 */
export interface BoxTree {
  /** The first is cut into the intervals of each box; on the others a box reaches from its first to its last point. */
  readonly axes: readonly [Dimension, ...Dimension[]];
  /** Of each node the lowest and the highest point on each axis. */
  readonly reach: Float64Array;
  /** The place of what is at each leaf. */
  readonly places: Int32Array;
  readonly firsts: Int32Array;
  /** How many leaves there is room for: so many nodes are above them, none the node 0. */
  readonly width: number;
  /** The ends of all intervals of the first axis, sorted, where points are ranked. */
  readonly ranked: readonly bigint[] | undefined;
}

interface Search {
  /** What is looked for: from where to where, on each axis. */
  readonly ends: readonly number[];
  /** Only places before this one are asked for. */
  before: number;
  /** The nodes that were looked at. */
  looks: number;
  readonly visit: (place: number) => number | undefined;
}

const NEVER = 0x7fff_ffff;
/** Where no more than so many intervals hold a point, the first axis alone tells boxes apart. */
const FEW = 8;

const setOf = (box: Box, dimension: Dimension): IntervalSet<Point> =>
  box[dimension] as IntervalSet<Point>;

/**
 * Builds the tree of boxes, at least one, each by its place in a list.
 *
 * @param dimensions what all of them ask; that which tells them apart best first
 */
export function boxTree(
  placed: readonly { readonly box: Box }[],
  [first, ...others]: readonly [Dimension, ...Dimension[]],
): BoxTree {
  const intervals = placed.flatMap(({ box }, place) =>
    setOf(box, first).map(([low, high]) => ({ low, high, place })),
  );
  const ranked = typeof intervals[0]?.low === 'bigint' ? endsOf(intervals) : undefined;
  const items = intervals.map(({ low, high, place }) => {
    return { low: placeOf(ranked, low), high: placeOf(ranked, high), place };
  });
  const rest = others.filter((dimension) => isNumeric(placed, dimension));
  const extents = rest.map((dimension) =>
    placed.map(({ box }): readonly [number, number] => {
      const set = setOf(box, dimension) as IntervalSet<number>;
      return [set[0]?.[0] ?? 0, set.at(-1)?.[1] ?? 0];
    }),
  );
  const sorted = arrange(items, extents[0]);
  let width = 1;
  while (width < sorted.length) width *= 2;
  const firsts = new Int32Array(2 * width).fill(NEVER);
  const axes = [first, ...rest] as const;
  const step = 2 * axes.length;
  // What is not there meets nothing.
  const reach = new Float64Array(2 * width * step);
  for (let at = width * step; at < reach.length; at += 2) {
    reach[at] = Number.POSITIVE_INFINITY;
    reach[at + 1] = Number.NEGATIVE_INFINITY;
  }
  sorted.forEach(({ low, high, place }, leaf) => {
    firsts[width + leaf] = place;
    let at = (width + leaf) * step;
    reach[at] = low;
    reach[at + 1] = high;
    for (const each of extents) {
      at += 2;
      [reach[at], reach[at + 1]] = each[place] as readonly [number, number];
    }
  });
  for (let node = width - 1; node > 0; node -= 1) {
    firsts[node] = Math.min(firsts[2 * node] as number, firsts[2 * node + 1] as number);
    for (let at = node * step; at < (node + 1) * step; at += 2) {
      const left = at + node * step;
      const right = left + step;
      reach[at] = Math.min(reach[left] as number, reach[right] as number);
      reach[at + 1] = Math.max(reach[left + 1] as number, reach[right + 1] as number);
    }
  }
  const places = Int32Array.from(sorted, ({ place }) => place);
  return { axes, reach, places, firsts, width, ranked };
}

const isNumeric = (placed: readonly { readonly box: Box }[], dimension: Dimension): boolean =>
  placed[0] !== undefined && typeof setOf(placed[0].box, dimension)[0]?.[0] === 'number';

interface Item {
  readonly low: number;
  readonly high: number;
  readonly place: number;
}

/**
 * By the low end; but where many intervals hold a point, as many as that side by side, and these by the second axis
 * (sort-tile-recursive packing of an R-tree: Leutenegger and others, 1997). A power of two of them is a subtree.
 */
function arrange(
  items: readonly Item[],
  second: readonly (readonly [number, number])[] | undefined,
): readonly Item[] {
  const sorted = [...items].sort((a, b) => a.low - b.low);
  const deep = depth(sorted);
  if (second === undefined || deep <= FEW) return sorted;
  let slab = FEW;
  while (slab < deep) slab *= 2;
  const out: Item[] = [];
  for (let at = 0; at < sorted.length; at += slab) {
    const low = ({ place }: Item): number => second[place]?.[0] ?? 0;
    out.push(...sorted.slice(at, at + slab).sort((a, b) => low(a) - low(b)));
  }
  return out;
}

/** How many intervals hold the low end of one, on average. */
function depth(sorted: readonly Item[]): number {
  const highs = Float64Array.from(sorted, ({ high }) => high).sort();
  let ended = 0;
  let sum = 0;
  sorted.forEach(({ low }, at) => {
    while ((highs[ended] as number) < low) ended += 1;
    sum += at + 1 - ended;
  });
  return sum / sorted.length;
}

/** Without a `Set`: V8 hashes no more of a `bigint` than its last 64 bits, which networks of IPv6 have in common. */
function endsOf(items: readonly { readonly low: Point; readonly high: Point }[]): bigint[] {
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

/**
 * Visits what may hold a packet, in no order. A visit that returns a place asks for earlier places only from then
 * on. What a packet has not, no set holds that reaches no further than packets do.
 *
 * @returns how many nodes were looked at
 */
export function eachHolding(
  tree: BoxTree,
  packet: Packet,
  visit: (place: number) => number | undefined,
): number {
  const [first, ...others] = tree.axes;
  const point = packet[first] ?? absentPoint(first, packet.family);
  if (point === undefined) return 0;
  const at = placeOf(tree.ranked, point);
  const ends = [at, at];
  for (const dimension of others) {
    const other = packet[dimension] as number | undefined;
    ends.push(other ?? Number.NEGATIVE_INFINITY, other ?? Number.POSITIVE_INFINITY);
  }
  return search(tree, ends, visit);
}

/**
 * Visits what may meet a box that asks the dimension of the first axis, in no order, some of it more than once,
 * until a visit says that it is enough.
 *
 * @returns how many nodes were looked at
 */
export function eachMeeting(tree: BoxTree, box: Box, visit: (place: number) => boolean): number {
  const [first, ...others] = tree.axes;
  const ends: number[] = [];
  for (const dimension of others) {
    const set = box[dimension] as IntervalSet<number> | undefined;
    ends.push(set?.[0]?.[0] ?? Number.NEGATIVE_INFINITY);
    ends.push(set?.at(-1)?.[1] ?? Number.POSITIVE_INFINITY);
  }
  let looks = 0;
  let enough = false;
  for (const [low, high] of setOf(box, first)) {
    const span = [placeOf(tree.ranked, low), placeOf(tree.ranked, high), ...ends];
    looks += search(tree, span, (place) => {
      enough = visit(place);
      // Nothing stands before the first place.
      return enough ? -1 : undefined;
    });
    if (enough) break;
  }
  return looks;
}

function search(tree: BoxTree, ends: readonly number[], visit: Search['visit']): number {
  const what: Search = { ends, before: NEVER, looks: 0, visit };
  walk(tree, what, 1);
  return what.looks;
}

function walk(tree: BoxTree, what: Search, node: number): void {
  const { reach, firsts, width } = tree;
  const { ends } = what;
  what.looks += 1;
  if ((firsts[node] as number) >= what.before) return;
  const at = node * ends.length;
  for (let end = 0; end < ends.length; end += 2) {
    if ((reach[at + end + 1] as number) < (ends[end] as number)) return;
    if ((reach[at + end] as number) > (ends[end + 1] as number)) return;
  }
  if (node >= width) {
    what.before = what.visit(tree.places[node - width] as number) ?? what.before;
    return;
  }
  const left = 2 * node;
  const right = left + 1;
  // Where the earliest place is first: whoever looks for that is spared most of the others.
  const swap = (firsts[left] as number) > (firsts[right] as number);
  walk(tree, what, swap ? right : left);
  walk(tree, what, swap ? left : right);
}
