import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cube, complementCubes, cubesOverlap, formatMark, scanMark } from './mark.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 500) };

/** Five bits, some of them at the sign of a 32-bit number. */
const BITS = [0, 1, 2, 30, 31];
const spread = (small: number): number =>
  BITS.reduce((sum, bit, index) => sum + ((small >> index) & 1) * 2 ** bit, 0);
const UNIVERSE = Array.from({ length: 2 ** BITS.length }, (_, small) => spread(small));

const cube = fc.tuple(fc.nat(31), fc.nat(31)).map(([value, mask]): Cube => {
  return { value: spread(value & mask), mask: spread(mask) };
});
const cubes = fc.array(cube, { maxLength: 5 });

const holds = ({ value, mask }: Cube, mark: number): boolean => (mark & mask) >>> 0 === value;
const anyHolds = (list: readonly Cube[], mark: number): boolean =>
  list.some((each) => holds(each, mark));

describe('cubes against brute force', () => {
  it('complementCubes has each mark that no cube has, once', () => {
    fc.assert(
      fc.property(cubes, (list) => {
        const rest = complementCubes(list, 1000) ?? [];
        for (const mark of UNIVERSE) {
          const times = rest.filter((each) => holds(each, mark)).length;
          expect(times).toBe(anyHolds(list, mark) ? 0 : 1);
        }
      }),
      RUNS,
    );
  });

  it('its cubes have no value outside their mask', () => {
    fc.assert(
      fc.property(cubes, (list) => {
        for (const { value, mask } of complementCubes(list, 1000) ?? []) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(mask).toBeGreaterThanOrEqual(0);
          expect((value & ~mask) >>> 0).toBe(0);
        }
      }),
      RUNS,
    );
  });

  it('cubesOverlap', () => {
    fc.assert(
      fc.property(cubes, cubes, (a, b) => {
        const shared = UNIVERSE.some((mark) => anyHolds(a, mark) && anyHolds(b, mark));
        expect(cubesOverlap(a, b)).toBe(shared);
      }),
      RUNS,
    );
  });

  it('the complement of nothing is everything, and the other way round', () => {
    expect(complementCubes([], 1000)).toEqual([{ value: 0, mask: 0 }]);
    expect(complementCubes([{ value: 0, mask: 0 }], 1000)).toEqual([]);
  });

  it('a complement of too many cubes is none', () => {
    const three = [1, 2, 4].map((bit) => ({ value: 0, mask: bit * 0x09249249 }));
    expect(complementCubes(three.slice(0, 1), 10)).toHaveLength(10);
    expect(complementCubes(three.slice(0, 1), 9)).toBeUndefined();
    expect(complementCubes(three, 999)).toBeUndefined();
    expect(complementCubes(three, 1000)).toHaveLength(1000);
  });
});

describe('scanMark', () => {
  it('round trip', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), (value) => {
        expect(scanMark(formatMark(value))).toEqual({ value });
        expect(scanMark(String(value))).toEqual({ value });
        expect(scanMark(`0x${value.toString(16).toUpperCase()}`)).toEqual({ value });
      }),
      RUNS,
    );
  });

  it('is written with all eight digits', () => {
    expect(formatMark(4)).toBe('0x00000004');
    expect(formatMark(0xffffffff)).toBe('0xffffffff');
  });

  it.each(['', '0x', '0x123456789', '4294967296', '010', '-1', '1.5', '0X10', '1e3', ' 1', 'ten'])(
    '%j is none',
    (text) => {
      expect(scanMark(text)).toEqual({ fault: expect.stringContaining(text) });
    },
  );
});
