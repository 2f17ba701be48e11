import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  complement,
  contains,
  difference,
  hasWithin,
  type Interval,
  type IntervalSet,
  intervalSet,
  overlaps,
  type Point,
  union,
} from './interval-set.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 500) };
const MAX = 15;
const UNIVERSE = Array.from({ length: MAX + 1 }, (_, point) => point);

const interval = fc
  .tuple(fc.nat(MAX), fc.nat(MAX))
  .map(([a, b]): Interval<number> => [Math.min(a, b), Math.max(a, b)]);
const intervals = fc.array(interval, { maxLength: 7 });

const big = (list: readonly Interval<number>[]): Interval<bigint>[] =>
  list.map(([low, high]) => [BigInt(low), BigInt(high)]);

/** The points of a set by the definition of an interval, without any function under test. */
function points(list: readonly Interval<Point>[]): Set<number> {
  return new Set(
    UNIVERSE.filter((point) => list.some(([low, high]) => low <= point && point <= high)),
  );
}

function expectNormal(set: IntervalSet<Point>): void {
  set.forEach(([low, high], index) => {
    expect(low <= high).toBe(true);
    const next = set[index + 1];
    if (next !== undefined) expect(BigInt(high) + 1n < BigInt(next[0])).toBe(true);
  });
}

/** Runs a property on numbers and on the same points as bigint. */
function onBoth(
  property: (
    a: readonly Interval<Point>[],
    b: readonly Interval<Point>[],
    point: (value: number) => Point,
  ) => void,
): void {
  fc.assert(
    fc.property(intervals, intervals, (a, b) => {
      property(a, b, (value) => value);
      property(big(a), big(b), BigInt);
    }),
    RUNS,
  );
}

describe('interval sets against brute force', () => {
  it('intervalSet keeps the points and is in normal form', () => {
    onBoth((a) => {
      const set = intervalSet(a);
      expectNormal(set);
      expect(points(set)).toEqual(points(a));
    });
  });

  it('one set is one value', () => {
    onBoth((a) => {
      const single = UNIVERSE.filter((each) => points(a).has(each));
      const rebuilt = intervalSet(single.reverse().map((each) => [each, each] as const));
      expect(intervalSet(a).map(([low, high]) => [Number(low), Number(high)])).toEqual(rebuilt);
    });
  });

  it('union', () => {
    onBoth((a, b) => {
      const set = union([intervalSet(a), intervalSet(b)]);
      expectNormal(set);
      expect(points(set)).toEqual(points([...a, ...b]));
    });
  });

  it('difference', () => {
    onBoth((a, b) => {
      const set = difference(intervalSet(a), intervalSet(b));
      expectNormal(set);
      const left = UNIVERSE.filter((each) => points(a).has(each) && !points(b).has(each));
      expect(points(set)).toEqual(new Set(left));
    });
  });

  it('complement, and that of the complement', () => {
    onBoth((a, _, point) => {
      const set = complement(intervalSet(a), point(MAX));
      expectNormal(set);
      expect(points(set)).toEqual(new Set(UNIVERSE.filter((each) => !points(a).has(each))));
      expect(complement(set, point(MAX))).toEqual(intervalSet(a));
    });
  });

  it('overlaps', () => {
    onBoth((a, b) => {
      const shared = UNIVERSE.some((each) => points(a).has(each) && points(b).has(each));
      expect(overlaps(intervalSet(a), intervalSet(b))).toBe(shared);
      expect(overlaps(intervalSet(b), intervalSet(a))).toBe(shared);
    });
  });

  it('contains', () => {
    onBoth((a, _, point) => {
      const set = intervalSet(a);
      for (const each of UNIVERSE) expect(contains(set, point(each))).toBe(points(a).has(each));
    });
  });

  it('does not touch what it is given', () => {
    onBoth((a, b) => {
      const frozen = Object.freeze(a.map((each) => Object.freeze(each)));
      const copy = structuredClone(a);
      union([intervalSet(frozen), intervalSet(b)]);
      expect(frozen).toEqual(copy);
    });
  });
});

it('an interval of a set lies within another one', () => {
  fc.assert(
    fc.property(intervals, interval, (list, [from, to]) => {
      const set = intervalSet(list);
      const expected = set.some(([low, high]) => from <= low && high <= to);
      expect(hasWithin(set, [from, to])).toBe(expected);
      expect(hasWithin(big(set), [BigInt(from), BigInt(to)])).toBe(expected);
    }),
    RUNS,
  );
});

describe('interval sets at the ends', () => {
  it('the complement of nothing is everything, and the other way round', () => {
    expect(complement([], 255)).toEqual([[0, 255]]);
    expect(complement([[0, 255]], 255)).toEqual([]);
    const last = (1n << 128n) - 1n;
    expect(complement([], last)).toEqual([[0n, last]]);
    expect(complement([[0n, last]], last)).toEqual([]);
    expect(complement([[1n, last]], last)).toEqual([[0n, 0n]]);
  });

  it('neighbours join, a gap of one does not', () => {
    expect(
      intervalSet([
        [3, 4],
        [1, 2],
      ]),
    ).toEqual([[1, 4]]);
    expect(
      intervalSet([
        [4, 5],
        [1, 2],
      ]),
    ).toEqual([
      [1, 2],
      [4, 5],
    ]);
  });

  it('holds numbers of 48 bits exactly', () => {
    const last = 2 ** 48 - 1;
    expect(complement([[last, last]], last)).toEqual([[0, last - 1]]);
  });
});
