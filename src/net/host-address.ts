import { type Address, type Family, unfitFor } from './address.ts';
import type { IntervalSet, Point } from './interval-set.ts';

/** Where the addresses end that no host has, for each that the first of such a stretch is. */
const SKIPPED: { readonly [F in Family]: readonly (readonly [low: Point, next: Point])[] } = {
  4: [
    [0, 0x0100_0000],
    [0x7f00_0000, 0x8000_0000],
    [0xe000_0000, 0xf000_0000],
  ],
  6: [
    [0n, 2n],
    [0xffn << 120n, 1n << 128n],
  ],
};

/**
 * An address of the set that a host can have, if there is one: of a net not the first, which is the
 * net's own; else any of the set.
 */
export function hostAddress(set: IntervalSet<Point>, family: Family): Point | undefined {
  for (const [low, high] of set) {
    let point = low;
    for (const [from, next] of SKIPPED[family]) if (from <= point && point < next) point = next;
    const second = typeof point === 'bigint' ? point + 1n : point + 1;
    if (second < high) point = second;
    const address = { family, value: point } as Address;
    if (point <= high && unfitFor(address) === undefined) return point;
  }
  return set[0]?.[0];
}
