import type { Interval, IntervalSet } from './interval-set.ts';

/** Collects ranges of 32-bit numbers, in any order and as many as memory has room for. */
export interface RangeList {
  readonly add: (low: number, high: number) => void;
  readonly toSet: () => IntervalSet<number>;
}

/** Where the higher half of a number of 64 bits lies among two of 32. */
const UPPER = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** An empty one. A range takes eight bytes, so a million are no matter. */
export function rangeList(): RangeList {
  let halves = new Uint32Array(2 * 64);
  let count = 0;
  return {
    add: (low, high) => {
      if (2 * count === halves.length) {
        const more = new Uint32Array(2 * halves.length);
        more.set(halves);
        halves = more;
      }
      halves[2 * count + UPPER] = low;
      halves[2 * count + 1 - UPPER] = high;
      count += 1;
    },
    toSet: () => {
      // As numbers of 64 bits they are in order of their beginnings.
      new BigUint64Array(halves.buffer, 0, count).sort();
      const out: Interval<number>[] = [];
      for (let index = 0; index < count; ) {
        const low = halves[2 * index + UPPER] as number;
        let high = halves[2 * index + 1 - UPPER] as number;
        for (index += 1; index < count; index += 1) {
          if ((halves[2 * index + UPPER] as number) > high + 1) break;
          high = Math.max(high, halves[2 * index + 1 - UPPER] as number);
        }
        out.push([low, high]);
      }
      return out;
    },
  };
}
