/** A point of a dimension: `number` where 53 bits are enough, `bigint` for IPv6 and names. */
export type Point = number | bigint;

/** One closed interval. */
export type Interval<P extends Point> = readonly [low: P, high: P];

/**
 * A set of points as closed intervals: sorted, disjoint, not adjacent. One set, one value, so two
 * sets are equal if their intervals are.
 */
export type IntervalSet<P extends Point> = readonly Interval<P>[];

const moved = <P extends Point>(point: P, by: 1 | -1): P => {
  const at: Point = point;
  return (typeof at === 'bigint' ? at + BigInt(by) : at + by) as P;
};
const after = <P extends Point>(point: P): P => moved(point, 1);
const before = <P extends Point>(point: P): P => moved(point, -1);

/** The set of any intervals, in any order, overlapping or not. */
export function intervalSet<P extends Point>(intervals: Iterable<Interval<P>>): IntervalSet<P> {
  const all = [...intervals];
  if (all.length < 2) return all;
  const sorted = all.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const out: [P, P][] = [];
  for (const [low, high] of sorted) {
    const last = out.at(-1);
    if (last !== undefined && low <= after(last[1])) {
      if (high > last[1]) last[1] = high;
    } else out.push([low, high]);
  }
  return out;
}

/** What is in any of the sets. All at once: one after the other would take the square of the time. */
export function union<P extends Point>(sets: readonly IntervalSet<P>[]): IntervalSet<P> {
  const [only = [], ...others] = sets.filter((set) => set.length > 0);
  return others.length === 0 ? only : intervalSet([only, ...others].flat());
}

/** What is in `a` and not in `b`. */
export function difference<P extends Point>(a: IntervalSet<P>, b: IntervalSet<P>): IntervalSet<P> {
  const out: Interval<P>[] = [];
  let j = 0;
  for (const [aLow, high] of a) {
    let low = aLow;
    while (j < b.length && (b[j] as Interval<P>)[1] < low) j += 1;
    for (let k = j; low <= high; k += 1) {
      const next = b[k];
      if (next === undefined || next[0] > high) {
        out.push([low, high]);
        break;
      }
      if (next[0] > low) out.push([low, before(next[0])]);
      low = after(next[1]);
    }
  }
  return out;
}

/** What is in both. */
export function intersection<P extends Point>(
  a: IntervalSet<P>,
  b: IntervalSet<P>,
): IntervalSet<P> {
  const out: Interval<P>[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [aLow, aHigh] = a[i] as Interval<P>;
    const [bLow, bHigh] = b[j] as Interval<P>;
    const low = aLow > bLow ? aLow : bLow;
    const high = aHigh < bHigh ? aHigh : bHigh;
    if (low <= high) out.push([low, high]);
    if (aHigh < bHigh) i += 1;
    else j += 1;
  }
  return out;
}

/** What is from 0 to `max` and not in `set`. */
export function complement<P extends Point>(set: IntervalSet<P>, max: P): IntervalSet<P> {
  const zero = (typeof max === 'bigint' ? 0n : 0) as P;
  return difference([[zero, max]], set);
}

/** Whether some point is in both. */
export function overlaps<P extends Point>(a: IntervalSet<P>, b: IntervalSet<P>): boolean {
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [aLow, aHigh] = a[i] as Interval<P>;
    const [bLow, bHigh] = b[j] as Interval<P>;
    if (aLow <= bHigh && bLow <= aHigh) return true;
    if (aHigh < bHigh) i += 1;
    else j += 1;
  }
  return false;
}

/** Whether the point is in the set. */
export function contains<P extends Point>(set: IntervalSet<P>, point: P): boolean {
  return covers(set, [point, point]);
}

/** Whether all of an interval is in the set. */
export function covers<P extends Point>(set: IntervalSet<P>, [first, last]: Interval<P>): boolean {
  let low = 0;
  let high = set.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [from, to] = set[middle] as Interval<P>;
    if (first < from) high = middle - 1;
    else if (first > to) low = middle + 1;
    else return last <= to;
  }
  return false;
}

/** Whether some interval of the set lies within another one. */
export function hasWithin<P extends Point>(set: IntervalSet<P>, [from, to]: Interval<P>): boolean {
  let low = 0;
  let high = set.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((set[middle] as Interval<P>)[0] < from) low = middle + 1;
    else high = middle;
  }
  const first = set[low];
  return first !== undefined && first[1] <= to;
}
