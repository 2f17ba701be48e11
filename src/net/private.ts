import type { AddressRange } from './address.ts';
import type { IntervalSet } from './interval-set.ts';

/** What no provider routes: RFC 1918 and RFC 6598 (shared with the carrier), RFC 4193. */
export const PRIVATE: { readonly 4: IntervalSet<number>; readonly 6: IntervalSet<bigint> } = {
  4: [
    [0x0a00_0000, 0x0aff_ffff],
    [0x6440_0000, 0x647f_ffff],
    [0xac10_0000, 0xac1f_ffff],
    [0xc0a8_0000, 0xc0a8_ffff],
  ],
  6: [[0xfcn << 120n, (0xfen << 120n) - 1n]],
};

/** Whether all of a range is private. */
export function isPrivate(range: AddressRange): boolean {
  return range.family === 4
    ? PRIVATE[4].some(([low, high]) => low <= range.low && range.high <= high)
    : PRIVATE[6].some(([low, high]) => low <= range.low && range.high <= high);
}
