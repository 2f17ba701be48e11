import type { Family } from '../net/address.ts';
import { type Interval, type IntervalSet, overlaps, type Point } from '../net/interval-set.ts';
import type { Box, Rule } from './program.ts';

/** The dimensions that a look-up's key can have, in the order in which they stand in it. */
export const KEYED = [
  'device',
  'mac',
  'source',
  'destination',
  'protocol',
  'icmpType',
  'sourcePort',
  'port',
  'user',
] as const;
export type Keyed = (typeof KEYED)[number];

/** One element of a look-up: an interval for each dimension of the key. */
export interface Cell {
  readonly key: readonly Interval<Point>[];
  readonly rule: Rule;
}

/**
 * Neighbouring rules that one look-up decides, or a rule that is tested by itself. Cells of a
 * look-up are disjoint; an `exact` one has single values only.
 */
export type Run =
  | {
      readonly kind: 'look-up';
      readonly dimensions: readonly Keyed[];
      readonly exact: boolean;
      readonly cells: readonly Cell[];
      readonly rules: readonly Rule[];
    }
  | { readonly kind: 'test'; readonly box: Box; readonly rule: Rule };

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
/** The kernel compares keys of at most so many bytes (NFT_DATA_VALUE_MAXLEN). */
const LONGEST_KEY = 64;

/** A rule with more cells than this is tested by itself, each dimension against a set. */
const MOST_CELLS = 4096;

/**
 * The rules of one family as look-ups, in order: what an earlier run takes no later one sees. A
 * run ends where the shape of the key changes, or where cells in several dimensions would overlap.
 */
export function runsOf(rules: readonly Rule[], family: Family): Run[] {
  const runs: Run[] = [];
  let open: Open | undefined;
  const close = (): void => {
    if (open !== undefined) runs.push(finish(open));
    open = undefined;
  };
  for (const rule of rules) {
    for (const box of rule.boxes) {
      if (box.family !== family) continue;
      const shape = shapeOf(box);
      if (shape === undefined) {
        close();
        runs.push({ kind: 'test', box, rule });
        continue;
      }
      const keys = keysOf(box, shape.dimensions);
      if (open?.shape.name !== shape.name || !fits(open, keys)) {
        close();
        open = { shape, cells: [], seen: new Set(), rules: [] };
      }
      add(open, keys, rule);
    }
  }
  close();
  return runs;
}

interface Shape {
  readonly name: string;
  readonly dimensions: readonly Keyed[];
  readonly exact: boolean;
}

interface Open {
  readonly shape: Shape;
  readonly cells: Cell[];
  /** Keys of an exact look-up. */
  readonly seen: Set<string>;
  readonly rules: Rule[];
}

type SetOf = IntervalSet<Point>;

/** The shape of a box's key, or nothing where no look-up fits it. */
function shapeOf(box: Box): Shape | undefined {
  if (box.dscp !== undefined || box.mark !== undefined) return undefined;
  if (box.atoms !== undefined) return undefined;
  const isExact = (set: SetOf): boolean => set.every(([low, high]) => low === high);
  // Names are hashed, or else tested by their prefix.
  if (box.device !== undefined && !isExact(box.device)) return undefined;
  const dimensions = KEYED.filter((dimension) => {
    // An ICMP type is only ever looked at in ICMP: its protocol goes without saying.
    if (dimension === 'protocol' && box.icmpType !== undefined) return false;
    return box[dimension] !== undefined;
  });
  const addressBytes = box.family === 4 ? 4 : 16;
  const bytes = dimensions.reduce(
    (sum, each) => sum + (each === 'source' || each === 'destination' ? addressBytes : BYTES[each]),
    0,
  );
  if (dimensions.length === 0 || bytes > LONGEST_KEY) return undefined;
  const sets = dimensions.map((dimension) => box[dimension] as SetOf);
  if (sets.reduce((product, set) => product * set.length, 1) > MOST_CELLS && sets.length > 1) {
    return undefined;
  }
  const exact = sets.every(isExact);
  return { name: `${dimensions.join()} ${exact}`, dimensions, exact };
}

/** The product of the box's sets. */
function keysOf(box: Box, dimensions: readonly Keyed[]): Interval<Point>[][] {
  let keys: Interval<Point>[][] = [[]];
  for (const dimension of dimensions) {
    const set = box[dimension] as SetOf;
    keys = keys.flatMap((key) => set.map((interval) => [...key, interval]));
  }
  return keys;
}

/** Each new cell is compared with those of its look-up: so many, lest the work grow by their square. */
const MOST_COMPARED = 1000;

/** Whether cells can join: in one dimension they are cut, exact ones are dropped when repeated. */
function fits(open: Open, keys: readonly Interval<Point>[][]): boolean {
  if (open.shape.exact || open.shape.dimensions.length === 1) return true;
  if (open.cells.length > MOST_COMPARED) return false;
  return !open.cells.some((cell) =>
    keys.some((key) =>
      key.every((interval, index) => overlaps([interval], [cell.key[index] as Interval<Point>])),
    ),
  );
}

function add(open: Open, keys: readonly Interval<Point>[][], rule: Rule): void {
  if (open.rules.at(-1) !== rule) open.rules.push(rule);
  for (const key of keys) {
    if (open.shape.exact) {
      const text = key.map(([low]) => low).join();
      if (open.seen.has(text)) continue;
      open.seen.add(text);
    }
    open.cells.push({ key, rule });
  }
}

function finish({ shape, cells, rules }: Open): Run {
  const { dimensions, exact } = shape;
  const cut = !exact && dimensions.length === 1 ? paint(cells) : cells;
  return { kind: 'look-up', dimensions, exact, cells: cut, rules };
}

/**
 * Cuts intervals so that none overlap: each point goes to the first cell that has it. A sweep over
 * the ends, with the cells that are open at a point in a heap, the first of them on top.
 */
function paint(cells: readonly Cell[]): Cell[] {
  const starts = cells
    .map((cell, order) => ({ cell, order, low: low(cell), high: high(cell) }))
    .sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : a.order - b.order));
  const out: { low: Point; high: Point; rule: Rule }[] = [];
  const heap: typeof starts = [];
  let at: Point | undefined;
  for (let next = 0; next < starts.length || heap.length > 0; ) {
    while (heap[0] !== undefined && at !== undefined && heap[0].high < at) pop(heap);
    const top = heap[0];
    const coming = starts[next];
    if (top === undefined) {
      if (coming === undefined) break;
      at = at === undefined || coming.low > at ? coming.low : at;
      while (starts[next] !== undefined && (starts[next] as typeof coming).low <= at) {
        push(heap, starts[next] as typeof coming);
        next += 1;
      }
      continue;
    }
    const from = at as Point;
    // The top one goes on until it ends or an earlier one begins.
    if (coming !== undefined && coming.low <= top.high) {
      if (coming.low > from && coming.order < top.order) {
        out.push({ low: from, high: step(coming.low, -1), rule: top.cell.rule });
        at = coming.low;
      }
      push(heap, coming);
      next += 1;
      continue;
    }
    out.push({ low: from, high: top.high, rule: top.cell.rule });
    at = step(top.high, 1);
  }
  // Pieces of one rule that lie side by side were one interval.
  const joined: typeof out = [];
  for (const piece of out) {
    const last = joined.at(-1);
    if (last !== undefined && last.rule === piece.rule && step(last.high, 1) === piece.low) {
      last.high = piece.high;
    } else joined.push(piece);
  }
  return joined.map((piece) => ({ key: [[piece.low, piece.high]], rule: piece.rule }));
}

const low = (cell: Cell): Point => (cell.key[0] as Interval<Point>)[0];
const high = (cell: Cell): Point => (cell.key[0] as Interval<Point>)[1];
const step = (point: Point, by: 1 | -1): Point =>
  typeof point === 'bigint' ? point + BigInt(by) : point + by;

function push<T extends { order: number }>(heap: T[], item: T): void {
  let child = heap.push(item) - 1;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if ((heap[parent] as T).order <= item.order) break;
    heap[child] = heap[parent] as T;
    child = parent;
  }
  heap[child] = item;
}

function pop<T extends { order: number }>(heap: T[]): void {
  const item = heap.pop() as T;
  if (heap.length === 0) return;
  let parent = 0;
  for (;;) {
    let child = 2 * parent + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (heap[child + 1] as T).order < (heap[child] as T).order) {
      child += 1;
    }
    if ((heap[child] as T).order >= item.order) break;
    heap[parent] = heap[child] as T;
    parent = child;
  }
  heap[parent] = item;
}
