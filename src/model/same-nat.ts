import { bug } from '../bug.ts';
import type { AddressRange } from '../net/address.ts';
import { intervalSet, type Point } from '../net/interval-set.ts';
import type { Nat } from './program.ts';

/** Whether two do the same to a source address: to say nothing is to translate nothing. */
export function sameNat(a: Nat, b: Nat): boolean {
  switch (a.kind) {
    case 'none':
    case 'nonat':
      return b.kind === 'none' || b.kind === 'nonat';
    case 'masquerade':
      return b.kind === a.kind;
    case 'snat':
      return b.kind === a.kind && textOf(a.ranges) === textOf(b.ranges);
    case 'prefix':
      return (
        b.kind === a.kind &&
        textOf([a.from]) === textOf([b.from]) &&
        textOf([a.to]) === textOf([b.to])
      );
    default:
      a satisfies never;
      return bug('a NAT of no kind');
  }
}

const textOf = (ranges: readonly AddressRange[]): string =>
  intervalSet(ranges.map(({ low, high }): [Point, Point] => [low, high])).join();
