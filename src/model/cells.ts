import type { Interval, Point } from '../net/interval-set.ts';

/**
 * The cells of a look-up as columns, for there may be a million: a cell has one entry in each. Sorted
 * by their keys, and disjoint.
 */
export interface Cells {
  readonly size: number;
  /** For each dimension of the key, the lowest point of each cell. */
  readonly low: readonly (readonly Point[])[];
  /** And the highest; the very same columns where all cells are single points. */
  readonly high: readonly (readonly Point[])[];
  /** Whose each cell is: a place in a list that whoever makes the cells names. */
  readonly owner: readonly number[];
}

/** Cells in one dimension, in any order, overlapping or not. */
export interface Intervals {
  readonly low: Point[];
  readonly high: Point[];
  readonly owner: number[];
}

/** The cells at some places, in the order of the places. */
export function pickCells({ low, high, owner }: Cells, places: readonly number[]): Cells {
  const pick = (column: readonly Point[]): Point[] => places.map((at) => column[at] as Point);
  const lows = low.map(pick);
  return {
    size: places.length,
    low: lows,
    high: low === high ? lows : high.map(pick),
    owner: places.map((at) => owner[at] as number),
  };
}

/** The same cells, with one set of columns for both ends if all are single points. */
export function shareEnds(cells: Cells): Cells {
  const { low, high } = cells;
  const isExact =
    low === high ||
    low.every((column, index) => column.every((point, at) => point === high[index]?.[at]));
  return isExact ? { ...cells, high: low } : cells;
}

/** The interval of a cell in a dimension of its key, by the dimension's place. */
export function cellAt({ low, high }: Cells, dimension: number, at: number): Interval<Point> {
  return [low[dimension]?.[at] as Point, high[dimension]?.[at] as Point];
}
