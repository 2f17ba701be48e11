import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviceInterval } from '../net/device-name.ts';
import { firstDevice } from '../net/first-device.ts';
import { intervalSet, type Point } from '../net/interval-set.ts';
import { atomKey } from './atom-key.ts';
import { intersectBoxes } from './intersect-boxes.ts';
import { holds, type Packet } from './packet.ts';
import type { Atom, Box } from './program.ts';
import { subtractBoxes } from './subtract-boxes.ts';
import { witness } from './witness.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 500) };

/** The ends that intervals are made from, so that boxes meet: a few in each dimension. */
const ENDS = {
  device: [
    ...deviceInterval('eth0', false),
    ...deviceInterval('lan', true),
    0n,
    1n,
    2n ** 121n - 1n,
  ],
  mac: [0, 1, 5, 2 ** 48 - 1],
  source: [0, 0x0a000000, 0x0affffff, 0xc0a80001, 0xe0000000, 0xffffffff],
  destination: [0, 0xcb007100, 0xcb0071ff, 0xffffffff],
  protocol: [0, 1, 2, 6, 7, 17, 58, 132, 255],
  icmpType: [0, 3, 8, 255],
  sourcePort: [0, 1, 1023, 40000, 65535],
  port: [0, 79, 80, 81, 443, 65535],
  user: [0, 1, 1000, 0xfffffffe],
  dscp: [0, 1, 46, 63],
} as const;
type Name = keyof typeof ENDS;
const NAMES = Object.keys(ENDS) as Name[];
const wide = (name: Name, family: 4 | 6, point: Point): Point =>
  family === 6 && (name === 'source' || name === 'destination') ? BigInt(point) << 96n : point;

const setOf = (name: Name, family: 4 | 6) =>
  fc
    .array(fc.tuple(fc.constantFrom<Point>(...ENDS[name]), fc.constantFrom<Point>(...ENDS[name])), {
      minLength: 1,
      maxLength: 3,
    })
    .map((pairs) =>
      intervalSet(
        pairs
          .map((pair) => pair.map((point) => wide(name, family, point)) as [Point, Point])
          .map(([a, b]) => (a < b ? ([a, b] as const) : ([b, a] as const))),
      ),
    );
const cube = fc
  .tuple(fc.constantFrom(0, 1, 2, 3, 0x10), fc.constantFrom(0, 1, 3, 0x11, 0xffff))
  .map(([value, mask]) => ({ value: (value & mask) >>> 0, mask }));
const atoms = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        { kind: 'time', minutes: [[0, 719]] } as const,
        {
          kind: 'time',
          minutes: [
            [700, 800],
            [900, 10_079],
          ],
        } as const,
        { kind: 'user', name: 'alice' } as const,
        { kind: 'user', name: 'bob' } as const,
        { kind: 'cgroup', path: 'a' } as const,
        { kind: 'cgroup', path: 'a/b' } as const,
        { kind: 'set', side: 'destination', name: 'sites' } as const,
      ),
      fc.boolean(),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((each): Atom[] => each.map(([atom, negated]) => ({ ...atom, negated })));
/** No rule asks two opposite things. */
const agreeing = (those: readonly Atom[]): boolean =>
  those.every((one) =>
    those.every((other) => atomKey(one) !== atomKey(other) || one.negated === other.negated),
  );
const boxIn = (family: 4 | 6): fc.Arbitrary<Box> =>
  fc
    .record(
      {
        ...Object.fromEntries(NAMES.map((name) => [name, setOf(name, family)])),
        mark: fc.array(cube, { minLength: 1, maxLength: 3 }),
        atoms: atoms.filter(agreeing),
      },
      { requiredKeys: [] },
    )
    .map((sets) => ({ family, ...sets }) as Box);
const box = fc.constantFrom(4 as const, 6 as const).chain(boxIn);
const boxes = fc
  .constantFrom(4 as const, 6 as const)
  .chain((family) => fc.tuple(boxIn(family), fc.array(boxIn(family), { maxLength: 4 })));

/** Any packet, one that has no point where it need not have one; not all of them can be. */
const packet = fc
  .tuple(
    fc.constantFrom(4 as const, 6 as const),
    fc.boolean(),
    fc.constantFrom(0, 1, 2, 3, 0x10, 0x13),
    fc.record(
      Object.fromEntries(NAMES.map((name) => [name, fc.constantFrom<Point>(...ENDS[name])])),
      { requiredKeys: ['source', 'destination', 'protocol', 'dscp'] },
    ),
    fc.constantFrom(0, 710, 750, 850, 10_079),
    fc.constantFrom<string[]>(
      [],
      ['user alice'],
      ['user bob'],
      ['cgroup a'],
      ['user bob', 'cgroup a/b'],
    ),
    fc.boolean(),
  )
  .map(([family, local, mark, points, minute, socket, site]) => {
    const its = Object.entries(points).map(([name, point]) => [
      name,
      wide(name as Name, family, point as Point),
    ]);
    const held = new Set(site ? [...socket, 'destination @sites'] : socket);
    // Who sends it has a number, too.
    const user = socket.length > 0 && points.user === undefined ? { user: 1000 } : {};
    return {
      family,
      local,
      mark,
      minute,
      atoms: held,
      ...Object.fromEntries(its),
      ...user,
    } as Packet;
  });

const PORTED = [6, 17, 33, 132, 136];
/** Whether a packet can be at all. */
function canBe({ family, local, ...packet_ }: Packet): boolean {
  const ported = PORTED.includes(packet_.protocol as number);
  const icmp = packet_.protocol === (family === 4 ? 1 : 58);
  return (
    (packet_.port !== undefined) === ported &&
    (packet_.sourcePort !== undefined) === ported &&
    (packet_.icmpType !== undefined) === icmp &&
    (local
      ? packet_.device === undefined && packet_.mac === undefined
      : packet_.device !== undefined &&
        firstDevice([packet_.device as bigint, packet_.device as bigint]) !== undefined &&
        packet_.user === undefined)
  );
}

describe('boxes', () => {
  it('a packet lies in what two have in common if it lies in both', () => {
    fc.assert(
      fc.property(box, box, packet, (a, b, point) => {
        const common = intersectBoxes(a, b);
        expect(common !== undefined && holds(common, point)).toBe(
          holds(a, point) && holds(b, point),
        );
      }),
      RUNS,
    );
  });

  it('a packet lies in one piece of what is left of a box, or in none', () => {
    fc.assert(
      fc.property(boxes, packet, ([from, others], point) => {
        const left = subtractBoxes([from], others, 10_000);
        const within = left?.filter((each) => holds(each, point));
        const wanted = holds(from, point) && !others.some((each) => holds(each, point));
        expect(within).toHaveLength(wanted ? 1 : 0);
      }),
      RUNS,
    );
  });

  it('of what takes too many pieces nothing is said', () => {
    const from: Box = { family: 4 };
    const others = [1, 3, 5].map(
      (port): Box => ({ family: 4, port: [[port, port]], dscp: [[0, 0]] }),
    );
    expect(subtractBoxes([from], others, 100)?.length).toBeGreaterThan(3);
    expect(subtractBoxes([from], others, 3)).toBeUndefined();
    expect(subtractBoxes([from], [from], 0)).toEqual([]);
    const marks = Array.from({ length: 9 }, (_, bit) => ({ value: 1 << bit, mask: 1 << bit }));
    const odd = marks.map(({ mask }) => ({ value: mask, mask: mask | (mask << 9) }));
    expect(subtractBoxes([from], [{ family: 4, mark: odd }], 50)).toBeUndefined();
  });

  it('a witness lies in its box and can be; without one nothing that can be does', () => {
    fc.assert(
      fc.property(
        boxes,
        fc.boolean(),
        fc.array(packet, { maxLength: 20 }),
        (given, local, points) => {
          const [from, others] = given;
          for (const piece of subtractBoxes([from], others, 10_000) ?? []) {
            const found = witness(piece, local);
            if (found === undefined) {
              const within = points.filter((point) => holds(piece, { ...point, local }));
              expect(within.map((point) => ({ ...point, local })).filter(canBe)).toEqual([]);
            } else {
              expect(holds(piece, found)).toBe(true);
              expect(canBe(found)).toBe(true);
              expect(found.local).toBe(local);
            }
          }
        },
      ),
      RUNS,
    );
  });

  it('a witness is a likely packet', () => {
    expect(witness({ family: 4 }, false)).toEqual({
      family: 4,
      local: false,
      device: deviceInterval('lan0', false)[0],
      source: 0xc0a8000a,
      destination: 0xcb007150,
      protocol: 6,
      sourcePort: 40000,
      port: 80,
      dscp: 0,
      mark: 0,
      minute: 720,
    });
    expect(witness({ family: 4, protocol: [[0, 5]] }, true)).toMatchObject({
      protocol: 1,
      icmpType: 8,
    });
    expect(witness({ family: 6, protocol: [[17, 17]] }, false)).toMatchObject({ port: 53 });
    expect(witness({ family: 4, source: [[0x0a010200, 0x0a0102ff]] }, false)).toMatchObject({
      source: 0x0a010201,
    });
    expect(witness({ family: 4, destination: [[0, 0x0affffff]] }, false)).toMatchObject({
      destination: 0x01000001,
    });
  });
});

describe('the first device', () => {
  const first = (low: bigint, high: bigint): string | undefined => firstDevice([low, high]);
  const [lan0] = deviceInterval('lan0', false);
  it.each([
    [...deviceInterval('lan0', false), 'lan0'],
    [...deviceInterval('ppp', true), 'ppp0'],
    [...deviceInterval('aaaaaaaaaaaaaaa', true), 'aaaaaaaaaaaaaaa'],
    [lan0 + 1n, 2n ** 121n - 1n, 'lan0!0'],
    [0n, lan0, '!0'],
    [lan0 + 1n, lan0 + 1n, undefined],
    [2n ** 121n - 1n, 2n ** 121n, undefined],
    [deviceInterval('.', false)[0], deviceInterval('.', false)[1], undefined],
    [deviceInterval('a', false)[0] + 2n, deviceInterval('a!', false)[0], 'a!'],
  ])('%s to %s: %s', (low, high, name) => {
    expect(first(low, high)).toBe(name);
  });
});
