import type { Point } from '../net/interval-set.ts';

/** So many bits of a key are sorted at a time. */
const DIGIT = 16;
const BUCKETS = 2 ** DIGIT;
/** Below this many, emptying the buckets would take longer than comparing. */
const FEW = 2048;

/**
 * The places of a column's entries, the lowest entry first; of equal ones the first comes first.
 *
 * @param places all of them, in the order in which equal ones are to stay
 */
export function sortedPlaces(
  column: readonly Point[],
  places: Uint32Array = new Uint32Array(column.length).map((_, place) => place),
): Uint32Array {
  if (isSorted(column, places)) return places;
  if (column.length >= FEW && typeof column[0] === 'number') {
    return radixSort(column as readonly number[], places);
  }
  return places.slice().sort((a, b) => compare(column[a] as Point, column[b] as Point));
}

const compare = (a: Point, b: Point): number => (a < b ? -1 : a > b ? 1 : 0);

function isSorted(column: readonly Point[], places: Uint32Array): boolean {
  for (let at = 1; at < places.length; at += 1) {
    const [before, here] = [places[at - 1] as number, places[at] as number];
    if ((column[before] as Point) > (column[here] as Point)) return false;
  }
  return true;
}

/** By digits, the lowest first: each pass keeps the order of the one before. */
function radixSort(column: readonly number[], places: Uint32Array): Uint32Array {
  const most = column.reduce((a, b) => Math.max(a, b), 0);
  let from: Uint32Array = places.slice();
  let to = new Uint32Array(places.length) as Uint32Array;
  for (let unit = 1; unit <= most; unit *= BUCKETS) {
    const digit = (place: number): number => Math.floor((column[place] as number) / unit) % BUCKETS;
    const next = new Uint32Array(BUCKETS + 1);
    for (const place of from) next[digit(place) + 1] = (next[digit(place) + 1] as number) + 1;
    for (let at = 1; at <= BUCKETS; at += 1) {
      next[at] = (next[at] as number) + (next[at - 1] as number);
    }
    for (const place of from) {
      const bucket = digit(place);
      const at = next[bucket] as number;
      to[at] = place;
      next[bucket] = at + 1;
    }
    [from, to] = [to, from];
  }
  return from;
}
