import type { Interval, Point } from '../net/interval-set.ts';
import { overlaps } from '../net/interval-set.ts';
import type { BoxColumns } from './box-columns.ts';
import { type Cells, type Intervals, pickCells } from './cells.ts';
import type { Keyed } from './dimensions.ts';
import { paint, paintOver } from './paint.ts';
import type { Box } from './program.ts';
import { boxAt, type SetOf, type Shape, setOf } from './shapes.ts';
import { sortedPlaces } from './sorted-places.ts';
import type { Limits } from './structures.ts';
import { subtractBoxes } from './subtract-boxes.ts';

/** A shape and what is left of its boxes. */
export interface Living {
  readonly shape: Shape;
  /** Owned by places in the list of boxes; nothing that is left of one lies in one before it. */
  readonly cells: Cells;
}

/**
 * What is left of each box when the boxes of its own shape before it are cut out, and those of coarser
 * shapes: shapes that ask for fewer dimensions of the same. So where cells of a finer and a coarser
 * shape still meet, the finer one comes first in the policy, and may as well be looked up first.
 */
export function liveCells(boxes: BoxColumns, shapes: readonly Shape[], limits: Limits): Living[] {
  const own = shapes.flatMap((shape) => cellsOf(boxes, shape, limits));
  const finders = new Map(own.map((living) => [living, lazy(() => finderOf(living))]));
  return own.map((living) => {
    let { cells } = living;
    for (const coarser of own) {
      const find = finders.get(coarser);
      if (find === undefined || !isCutBy(living.shape, coarser.shape)) continue;
      cells = cut({ shape: living.shape, cells }, coarser, find);
    }
    return { shape: living.shape, cells };
  });
}

/** Whether nothing that is left of one shape lies in an earlier box of the other. */
export function isCutBy({ kind, dimensions, guard }: Shape, other: Shape): boolean {
  if (other.kind === 'ranges') return false;
  const asks = [...other.dimensions, ...other.guard.map((each) => each.dimension)];
  if (kind === 'exact') {
    return (
      asks.every((each) => dimensions.includes(each)) &&
      (asks.length < dimensions.length || other.kind === 'guarded')
    );
  }
  if (kind !== 'guarded') return false;
  const guarded = guard.map((each) => each.dimension);
  return asks.every((each) => guarded.includes(each)) || isSameLine(dimensions, other);
}

const isSameLine = ([only]: readonly Keyed[], other: Shape): boolean =>
  other.kind === 'line' && other.dimensions[0] === only;

/** The first owner of a point, given by dimension. */
type Find = (pointOf: (dimension: Keyed) => Point) => number | undefined;

function cut({ shape, cells }: Living, coarser: Living, find: () => Find): Cells {
  if (shape.kind === 'guarded') {
    if (isSameLine(shape.dimensions, coarser.shape)) return paintOver(cells, coarser.cells);
    const values = new Map(shape.guard.map(({ dimension, value }) => [dimension, value]));
    const first = find()((dimension) => values.get(dimension) as Point);
    return first === undefined ? cells : keep(cells, (at) => (cells.owner[at] as number) < first);
  }
  const columns = new Map(
    shape.dimensions.map((dimension, index) => [dimension, cells.low[index] as readonly Point[]]),
  );
  const search = find();
  let at = 0;
  const pointOf = (dimension: Keyed): Point => columns.get(dimension)?.[at] as Point;
  return keep(cells, (each) => {
    at = each;
    const first = search(pointOf);
    return first === undefined || (cells.owner[each] as number) < first;
  });
}

function keep(cells: Cells, isKept: (at: number) => boolean): Cells {
  const places: number[] = [];
  for (let at = 0; at < cells.size; at += 1) if (isKept(at)) places.push(at);
  return places.length === cells.size ? cells : pickCells(cells, places);
}

function finderOf({ shape, cells }: Living): Find {
  if (shape.kind === 'exact') {
    const owners = new Map<string, number>();
    for (let at = 0; at < cells.size; at += 1) {
      owners.set(textOf(cells.low, at), cells.owner[at] as number);
    }
    return (pointOf) => owners.get(shape.dimensions.map(pointOf).join());
  }
  const [dimension] = shape.dimensions as readonly [Keyed];
  const [low, high] = [cells.low[0] ?? [], cells.high[0] ?? []];
  return (pointOf) => {
    if (shape.guard.some((each) => pointOf(each.dimension) !== each.value)) return undefined;
    const point = pointOf(dimension);
    let [from, to] = [0, cells.size];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((high[middle] as Point) < point) from = middle + 1;
      else to = middle;
    }
    return from < cells.size && (low[from] as Point) <= point ? cells.owner[from] : undefined;
  };
}

const textOf = (columns: Cells['low'], at: number): string =>
  columns.map((column) => column[at]).join();

function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function cellsOf(boxes: BoxColumns, shape: Shape, limits: Limits): Living[] {
  switch (shape.kind) {
    case 'line':
    case 'guarded':
      return [{ shape, cells: paint(intervalsOf(boxes, shape)) }];
    case 'exact':
      return [{ shape, cells: exactCells(boxes, shape) }];
    default:
      return rangeCells(boxes, shape, limits);
  }
}

function intervalsOf(boxes: BoxColumns, { dimensions, places }: Shape): Intervals {
  const out: Intervals = { low: [], high: [], owner: [] };
  const [dimension] = dimensions as readonly [Keyed];
  for (const place of places) {
    const set = boxes.setAt(place, dimension);
    for (let index = 0; index < set.length; index += 1) {
      const [low, high] = set[index] as Interval<Point>;
      out.low.push(low);
      out.high.push(high);
      out.owner.push(place);
    }
  }
  return out;
}

/** So many keys more are gathered before those that are there twice are taken out. */
const MORE_KEYS = 2 ** 17;

/** Single values in several dimensions: each key for the first that has it. */
function exactCells(boxes: BoxColumns, { dimensions, places }: Shape): Cells {
  let low: Point[][] = dimensions.map(() => []);
  let owner: number[] = [];
  const gathered = (): Cells => firstOfEach({ size: owner.length, low, high: low, owner });
  let room = MORE_KEYS;
  for (const place of places) {
    if (owner.length > room) {
      const first = gathered();
      low = first.low.map((column) => [...column]);
      owner = [...first.owner];
      room = 2 * owner.length + MORE_KEYS;
    }
    const sets = dimensions.map((dimension) => boxes.setAt(place, dimension));
    const count = sets.reduce((all, { length }) => all * length, 1);
    for (let key = 0; key < count; key += 1) {
      let rest = key;
      for (let index = 0; index < sets.length; index += 1) {
        const set = sets[index] as SetOf;
        low[index]?.push((set[rest % set.length] as Interval<Point>)[0]);
        rest = Math.floor(rest / set.length);
      }
      owner.push(place);
    }
  }
  return gathered();
}

/** In order, and each key once: of those with one key the first one stays. */
function firstOfEach(cells: Cells): Cells {
  const sorted = inOrder(cells);
  return keep(
    sorted,
    (at) => at === 0 || sorted.low.some((column) => column[at] !== column[at - 1]),
  );
}

/** The product of a box's sets. */
function keysOf(box: Box, dimensions: readonly Keyed[]): (readonly Interval<Point>[])[] {
  let keys: (readonly Interval<Point>[])[] = [[]];
  for (const dimension of dimensions) {
    keys = keys.flatMap((key) => setOf(box, dimension).map((interval) => [...key, interval]));
  }
  return keys;
}

/** Sorted by the first dimension, then by the second, and so on. */
function inOrder(cells: Cells): Cells {
  const [last, ...others] = [...cells.low].reverse();
  let places = sortedPlaces(last ?? []);
  for (const column of others) places = sortedPlaces(column, places);
  return pickCells(cells, Array.from(places));
}

/** So many pieces a box is cut to before it begins a look-up of its own. */
const MOST_PIECES = 16;

/**
 * Intervals in several dimensions: each box is cut by those before it, until they are too many or their
 * pieces; then a further shape begins.
 */
function rangeCells(boxes: BoxColumns, shape: Shape, limits: Limits): Living[] {
  const { dimensions } = shape;
  const out: { readonly places: number[]; readonly keys: Keys }[] = [];
  let kept: Box[] = [];
  let hulls = hullsOf(dimensions);
  for (const place of shape.places) {
    const box = boxAt(boxes, place);
    const near = hulls.near(box).map((at) => kept[at] as Box);
    const meeting = near.filter((each) => meet(each, box, dimensions));
    let pieces = subtractBoxes([box], meeting, MOST_PIECES);
    const last = out.at(-1);
    if (pieces === undefined || last === undefined || last.keys.length > limits.mostRanges) {
      out.push({ places: [], keys: [] });
      kept = [];
      hulls = hullsOf(dimensions);
      pieces = [box];
    }
    if (pieces.length > 0) out.at(-1)?.places.push(place);
    for (const piece of pieces) {
      kept.push(piece);
      hulls.add(piece);
      for (const key of keysOf(piece, dimensions)) out.at(-1)?.keys.push({ key, place });
    }
  }
  return out.map(({ places, keys }) => {
    const column = (index: number, end: 0 | 1): Point[] =>
      keys.map(({ key }) => (key[index] as Interval<Point>)[end]);
    const cells = {
      size: keys.length,
      low: dimensions.map((_, index) => column(index, 0)),
      high: dimensions.map((_, index) => column(index, 1)),
      owner: keys.map(({ place }) => place),
    };
    return { shape: { ...shape, places }, cells: inOrder(cells) };
  });
}

type Keys = { readonly key: readonly Interval<Point>[]; readonly place: number }[];

const meet = (a: Box, b: Box, dimensions: readonly Keyed[]): boolean =>
  dimensions.every((dimension) => overlaps(setOf(a, dimension), setOf(b, dimension)));

/** From where to where boxes reach in one dimension, rounded: a quick look before a thorough one. */
function hullsOf(dimensions: readonly Keyed[]): {
  readonly near: (box: Box) => number[];
  readonly add: (box: Box) => void;
} {
  const dimension =
    dimensions.find((each) => each === 'source') ??
    dimensions.find((each) => each === 'destination') ??
    (dimensions[0] as Keyed);
  const ends = (box: Box): [number, number] => {
    const set = setOf(box, dimension);
    return [Number(set[0]?.[0]), Number(set.at(-1)?.[1])];
  };
  const lows: number[] = [];
  const highs: number[] = [];
  return {
    near: (box) => {
      const [from, to] = ends(box);
      const found: number[] = [];
      for (let at = 0; at < lows.length; at += 1) {
        if ((lows[at] as number) <= to && (highs[at] as number) >= from) found.push(at);
      }
      return found;
    },
    add: (box) => {
      const [from, to] = ends(box);
      lows.push(from);
      highs.push(to);
    },
  };
}
