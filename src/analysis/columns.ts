import type { Dimension } from '../model/dimensions.ts';
import type { Packet } from '../model/packet.ts';
import type { Box } from '../model/program.ts';
import type { IntervalSet, Point } from '../net/interval-set.ts';

/** From where to where the set of each of some boxes reaches in a dimension of numbers, by place. */
export interface Column {
  readonly dimension: Dimension;
  readonly lows: Float64Array;
  readonly highs: Float64Array;
}

/** The columns of boxes that all ask some dimensions; none where points are `bigint`. */
export function columnsOf(
  placed: readonly { readonly box: Box }[],
  dimensions: readonly Dimension[],
): Column[] {
  const setAt = ({ box }: { readonly box: Box }, dimension: Dimension) =>
    box[dimension] as IntervalSet<Point>;
  return dimensions.flatMap((dimension) => {
    const [first] = placed;
    if (first === undefined || typeof setAt(first, dimension)[0]?.[0] !== 'number') return [];
    const lows = Float64Array.from(placed, (each) => Number(setAt(each, dimension)[0]?.[0]));
    const highs = Float64Array.from(placed, (each) => Number(setAt(each, dimension).at(-1)?.[1]));
    return [{ dimension, lows, highs }];
  });
}

/** Whether the box at a place may hold a packet: a quick look, before all is compared. */
export function mayHold(columns: readonly Column[], place: number, packet: Packet): boolean {
  for (const { dimension, lows, highs } of columns) {
    // What a packet has not, no set holds that reaches no further than packets do.
    const point = packet[dimension] as number | undefined;
    if (point === undefined) continue;
    if (point < (lows[place] as number) || point > (highs[place] as number)) return false;
  }
  return true;
}

/** What a column has, beside from where to where a box reaches there. */
interface Reach {
  readonly column: Column;
  readonly low: number;
  readonly high: number;
}

/** How far a box reaches in the columns of what it asks. */
export function reachesOf(columns: readonly Column[], box: Box): Reach[] {
  return columns.flatMap((column) => {
    const set = box[column.dimension] as IntervalSet<Point> | undefined;
    const [low, high] = [set?.[0]?.[0], set?.at(-1)?.[1]];
    if (typeof low !== 'number' || typeof high !== 'number') return [];
    return [{ column, low, high }];
  });
}

/** Whether the box at a place may meet one that reaches so far: a quick look, too. */
export function mayMeet(reaches: readonly Reach[], place: number): boolean {
  for (const { column, low, high } of reaches) {
    if (high < (column.lows[place] as number) || low > (column.highs[place] as number))
      return false;
  }
  return true;
}
