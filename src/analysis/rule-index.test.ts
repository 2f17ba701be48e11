import fc from 'fast-check';
import { expect, it } from 'vitest';
import { intersectBoxes } from '../model/intersect-boxes.ts';
import { holds } from '../model/packet.ts';
import type { Box } from '../model/program.ts';
import { witness } from '../model/witness.ts';
import { deviceInterval } from '../net/device-name.ts';
import { firstMatch, indexOf, visitMeeting } from './rule-index.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 60) };

const points = (...values: readonly number[]) => values.map((each) => [each, each] as const);
const device = (name: string, wildcard = false) => [deviceInterval(name, wildcard)];

/** Few values, so that boxes meet, and many of one shape, so that keys and trees are looked up. */
const box: fc.Arbitrary<Box> = fc
  .record({
    source: fc.constantFrom(
      undefined,
      ...[1, 2, 3, 4, 5].map((each) => points(0x0a00_0000 + 2 * each)),
      points(0x0a00_0002, 0x0a00_0006),
      [[0x0a00_0000, 0x0a00_0005]] as const,
    ),
    device: fc.constantFrom(undefined, device('lan0'), device('lan1'), device('lan', true)),
    protocol: fc.constantFrom(undefined, points(6), points(17)),
    mark: fc.constantFrom(
      undefined,
      ...[1, 2, 3].map((value) => [{ value, mask: 0xff }]),
      [{ value: 1, mask: 0x1 }],
      [1, 2].map((value) => ({ value, mask: 0xff })),
    ),
  })
  .map((asked) => {
    const given = Object.entries(asked).filter(([, set]) => set !== undefined);
    return { family: 4, ...Object.fromEntries(given) } as Box;
  });
const boxes = fc.oneof(
  fc.array(box, { minLength: 1, maxLength: 30 }),
  // Shapes with more entries than are looked at one by one.
  fc
    .array(box, { minLength: 1, maxLength: 3 })
    .chain((those) => fc.array(fc.constantFrom(...those), { minLength: 20, maxLength: 60 })),
);
const plenty = () => ({ comparisons: Number.POSITIVE_INFINITY });

it('finds what looking at one entry after the other does', () => {
  fc.assert(
    fc.property(boxes, box, fc.nat(20), (those, asked, place) => {
      const index = indexOf(those.map((its, order) => ({ order, box: its })));
      const packet = witness(asked, false);
      if (packet !== undefined) {
        const all = index.entries.filter((each) => holds(each.box, packet));
        expect(firstMatch(index, packet, plenty())).toBe(all[0]);
        const behind = all.find(({ order }) => order > place);
        expect(firstMatch(index, packet, plenty(), place)).toBe(behind);
      }
      const met = new Set<number>();
      visitMeeting(index, asked, place, 40, plenty(), ({ order }) => {
        met.add(order);
        return false;
      });
      const must = index.entries.filter(
        ({ order, box: its }) =>
          order >= place && order < 40 && intersectBoxes(its, asked) !== undefined,
      );
      expect(must.filter(({ order }) => !met.has(order))).toEqual([]);
      expect([...met].every((order) => order >= place && order < 40)).toBe(true);
    }),
    RUNS,
  );
});

it('finds it among many ranges that lie over one another in two dimensions', () => {
  const range = fc.tuple(fc.nat(60), fc.nat(30)).map(([low, more]) => [[low, low + more]] as const);
  const wide = fc
    .record({ source: range, destination: range })
    .map((asked): Box => ({ family: 4, ...asked }));
  fc.assert(
    fc.property(fc.array(wide, { minLength: 30, maxLength: 90 }), wide, (those, asked) => {
      const index = indexOf(those.map((its, order) => ({ order, box: its })));
      const packet = witness(asked, false);
      if (packet === undefined) return;
      const first = index.entries.find((each) => holds(each.box, packet));
      expect(firstMatch(index, packet, plenty())).toBe(first);
      const met = new Set<number>();
      visitMeeting(index, asked, 0, 100, plenty(), ({ order }) => {
        met.add(order);
        return false;
      });
      const must = index.entries.filter(({ box: its }) => intersectBoxes(its, asked) !== undefined);
      expect([...met].sort((a, b) => a - b)).toEqual(must.map(({ order }) => order));
    }),
    RUNS,
  );
});

it('compares no more than it may', () => {
  const wide: Box = { family: 4, source: [[0, 0xffff_ffff]] };
  const index = indexOf(Array.from({ length: 100 }, (_, order) => ({ order, box: wide })));
  const left = { comparisons: 10 };
  let visited = 0;
  visitMeeting(index, wide, 0, 100, left, () => {
    visited += 1;
    return false;
  });
  expect([visited, left.comparisons]).toEqual([10, -1.484375]);
});

it('compares a packet with what has its key alone', () => {
  const nets: Box[] = Array.from({ length: 50 }, (_, at) => {
    const low = BigInt(at) << 64n;
    return { family: 6, source: [[low, low]] };
  });
  const index = indexOf(nets.map((its, order) => ({ order, box: its })));
  nets.forEach((its, order) => {
    const left = { comparisons: 2 };
    const packet = witness(its, false);
    expect(packet && firstMatch(index, packet, left)?.order).toBe(order);
    expect(left.comparisons).toBe(1);
  });
});
