import type { Point } from '../net/interval-set.ts';
import { type Cells, type Intervals, pickCells } from './cells.ts';
import { sortedPlaces } from './sorted-places.ts';

/**
 * Cuts intervals so that none overlap: each point goes to the first owner that has it, that is the
 * lowest. Owners come in ascending order. A sweep over the ends, with the intervals that are open at a
 * point in a heap, the first of them on top.
 */
export function paint(intervals: Intervals): Cells {
  const places = sortedPlaces(intervals.low);
  const { low, high, owner } = intervals;
  if (isDisjoint(intervals, places)) {
    const cells = { size: owner.length, low: [low], high: [high], owner };
    return places.every((place, at) => place === at) ? cells : pickCells(cells, [...places]);
  }
  const out = painted();
  const heap: number[] = [];
  /** From here on nothing is given away yet. */
  let at: Point | undefined;
  for (let next = 0; next < places.length || heap.length > 0; ) {
    while (heap[0] !== undefined && at !== undefined && (high[heap[0]] as Point) < at) pop(heap);
    const top = heap[0];
    const coming = places[next];
    if (top === undefined) {
      if (coming === undefined) break;
      const begin = low[coming] as Point;
      at = at === undefined || begin > at ? begin : at;
      push(heap, coming);
      next += 1;
      continue;
    }
    const from = at as Point;
    const end = high[top] as Point;
    // The top one goes on until it ends or an earlier one begins.
    if (coming !== undefined && (low[coming] as Point) <= end) {
      const begin = low[coming] as Point;
      if (begin > from && coming < top) {
        out.add(from, step(begin, -1), owner[top] as number);
        at = begin;
      }
      push(heap, coming);
      next += 1;
      continue;
    }
    out.add(from, end, owner[top] as number);
    at = step(end, 1);
  }
  return out.cells();
}

/** Whether nothing is to be cut, as in most lists; none of one owner lie side by side. */
function isDisjoint({ low, high }: Intervals, places: Uint32Array): boolean {
  for (let at = 1; at < places.length; at += 1) {
    const [before, here] = [places[at - 1] as number, places[at] as number];
    if ((low[here] as Point) <= (high[before] as Point)) return false;
  }
  return true;
}

/**
 * The parts of cells in one dimension that no other cell with a lower owner lies over; both are
 * sorted and disjoint.
 */
export function paintOver(cells: Cells, others: Cells): Cells {
  const [low, high] = [cells.low[0] ?? [], cells.high[0] ?? []];
  const [otherLow, otherHigh] = [others.low[0] ?? [], others.high[0] ?? []];
  const out = painted();
  let first = 0;
  for (let at = 0; at < cells.size; at += 1) {
    const owner = cells.owner[at] as number;
    const end = high[at] as Point;
    let from = low[at] as Point;
    while (first < others.size && (otherHigh[first] as Point) < from) first += 1;
    for (let over = first; over < others.size && from <= end; over += 1) {
      const begin = otherLow[over] as Point;
      if (begin > end) break;
      if ((others.owner[over] as number) > owner) continue;
      if (begin > from) out.add(from, step(begin, -1), owner);
      from = step(otherHigh[over] as Point, 1);
    }
    if (from <= end) out.add(from, end, owner);
  }
  return out.cells();
}

/** Collects cells in ascending order; pieces of one owner that lie side by side become one. */
interface Painted {
  readonly add: (low: Point, high: Point, owner: number) => void;
  readonly cells: () => Cells;
}

function painted(): Painted {
  const low: Point[] = [];
  const high: Point[] = [];
  const owner: number[] = [];
  return {
    add: (from, to, whose) => {
      const last = low.length - 1;
      if (last >= 0 && owner[last] === whose && step(high[last] as Point, 1) === from) {
        high[last] = to;
        return;
      }
      low.push(from);
      high.push(to);
      owner.push(whose);
    },
    cells: () => ({ size: low.length, low: [low], high: [high], owner }),
  };
}

const step = (point: Point, by: 1 | -1): Point =>
  typeof point === 'bigint' ? point + BigInt(by) : point + by;

function push(heap: number[], item: number): void {
  let child = heap.push(item) - 1;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if ((heap[parent] as number) <= item) break;
    heap[child] = heap[parent] as number;
    child = parent;
  }
  heap[child] = item;
}

function pop(heap: number[]): void {
  const item = heap.pop() as number;
  if (heap.length === 0) return;
  let parent = 0;
  for (;;) {
    let child = 2 * parent + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) {
      child += 1;
    }
    if ((heap[child] as number) >= item) break;
    heap[parent] = heap[child] as number;
    parent = child;
  }
  heap[parent] = item;
}
