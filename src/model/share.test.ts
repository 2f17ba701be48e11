import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { share } from './share.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 500) };
const weights = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 });

/** What each member carries of all, while the members that are `down` are. */
const carried = (given: readonly number[], down: number | undefined): number[] => {
  const out = given.map(() => 0);
  for (const { first, second, weight } of share(given)) {
    const taken = first === down ? second : first;
    out[taken] = (out[taken] ?? 0) + weight;
  }
  return out;
};

describe('share', () => {
  it('divides by weight exactly, and with one member down by the weights of the others', () => {
    fc.assert(
      fc.property(weights, (given) => {
        const total = given.reduce((sum, weight) => sum + weight, 0);
        const all = share(given).reduce((sum, { weight }) => sum + weight, 0);
        carried(given, undefined).forEach((part, index) => {
          expect(BigInt(part) * BigInt(total)).toBe(BigInt(all) * BigInt(given[index] ?? 0));
        });
        if (given.length === 1) return;
        given.forEach((gone, down) => {
          carried(given, down).forEach((part, index) => {
            const wanted = index === down ? 0 : (given[index] ?? 0);
            expect(BigInt(part) * BigInt(total - gone)).toBe(BigInt(all) * BigInt(wanted));
          });
        });
      }),
      RUNS,
    );
  });

  it('is as small as it can be', () => {
    expect(share([3, 1])).toEqual([
      { first: 0, second: 1, weight: 3 },
      { first: 1, second: 0, weight: 1 },
    ]);
    expect(share([200, 200]).map(({ weight }) => weight)).toEqual([1, 1]);
    expect(share([7])).toEqual([{ first: 0, second: 0, weight: 1 }]);
  });
});
