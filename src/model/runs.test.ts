import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Family } from '../net/address.ts';
import { deviceInterval } from '../net/device-name.ts';
import {
  type Interval,
  type IntervalSet,
  intervalSet,
  overlaps,
  type Point,
} from '../net/interval-set.ts';
import type { Cube } from '../net/mark.ts';
import { atomKey } from './atom-key.ts';
import { cellAt } from './cells.ts';
import { type Dimension, KEYED, type Keyed } from './dimensions.ts';
import { entriesOf } from './entries.ts';
import { holds, type Packet } from './packet.ts';
import type { Atom, Box, Rule } from './program.ts';
import { type LookUp, type Run, runsOf } from './runs.ts';
import { LIMITS, type Limits } from './structures.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 500) };
const ICMP: Record<Family, number> = { 4: 1, 6: 58 };
const SITES: Atom = { kind: 'set', side: 'source', name: 'sites', negated: false };
const DEVICES = ['lan0', 'lan1', 'wan0', 'lan'] as const;

const isWide = (dimension: Dimension, family: Family): boolean =>
  dimension === 'device' ||
  (family === 6 && (dimension === 'source' || dimension === 'destination'));

const runsIn = (rules: readonly Rule[], family: Family, limits?: Limits): Run[] =>
  runsOf(entriesOf(rules)[family], limits);

/** First match over the boxes as they stand: what the language promises. */
function firstMatch(rules: readonly Rule[], packet: Packet): string | undefined {
  return rules.find(({ boxes }) => boxes.some((box) => holds(box, packet)))?.id;
}

/** What a backend does with the runs. */
function decide(runs: readonly Run[], packet: Packet): string | undefined {
  for (const run of runs) {
    if (run.kind === 'test') {
      if (holds(run.box, packet)) return run.rule.id;
      continue;
    }
    if (run.guard.some(({ dimension, value }) => packet[dimension] !== value)) continue;
    const found = placesOf(run).filter((at) =>
      run.dimensions.every((dimension, index) => {
        const [low, high] = cellAt(run.cells, index, at);
        const point = packet[dimension];
        return point !== undefined && low <= point && point <= high;
      }),
    );
    if (found.length > 1) expect.unreachable('two cells hold it');
    if (found[0] !== undefined) return ruleAt(run, found[0])?.id;
  }
  return undefined;
}

const placesOf = ({ cells }: LookUp): number[] =>
  Array.from({ length: cells.size }, (_, index) => index);
const ruleAt = ({ cells, rules: own }: LookUp, at: number): Rule | undefined =>
  own.at(cells.owner[at] as number);
const keyAt = (run: LookUp, at: number): Interval<Point>[] =>
  run.dimensions.map((_, index) => cellAt(run.cells, index, at));

/** So low that every structure is needed for a handful of rules. */
const LOW: Limits = {
  ...LIMITS,
  mostCells: 6,
  mostCopies: 2,
  mostRanges: 6,
  manyGuarded: 2,
  mostGuards: 3,
  manyPoints: 2,
};
/** And so that most look-ups are tests again. */
const LOWEST: Limits = { ...LOW, mostInARow: 1, fewCells: 2 };
const limits = fc.constantFrom(LIMITS, LOW, LOWEST);

const interval = (max: number): fc.Arbitrary<Interval<number>> =>
  fc
    .tuple(fc.nat(max), fc.nat(max))
    .map(([a, b]): Interval<number> => [Math.min(a, b), Math.max(a, b)]);
const single = (max: number): fc.Arbitrary<Interval<number>> =>
  fc.nat(max).map((point): Interval<number> => [point, point]);
const smallSet = (max: number): fc.Arbitrary<IntervalSet<number>> =>
  fc
    .oneof(
      fc.array(single(max), { minLength: 1, maxLength: 3 }),
      fc.array(interval(max), { minLength: 1, maxLength: 3 }),
    )
    .map((list) => intervalSet(list));
const big = (set: IntervalSet<number>): IntervalSet<bigint> =>
  set.map(([low, high]) => [BigInt(low), BigInt(high)] as const);
const deviceSet = fc
  .array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom(...DEVICES).map((name) => deviceInterval(name, false)),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom('lan', 'wan').map((name) => deviceInterval(name, true)),
      },
    ),
    { minLength: 1, maxLength: 2 },
  )
  .map((list) => intervalSet(list));
const cubes = fc.array(
  fc.tuple(fc.nat(3), fc.nat(3)).map(([value, mask]): Cube => ({ value: value & mask, mask })),
  { minLength: 1, maxLength: 2 },
);

/** What a box may ask about. */
type Asked = Dimension | 'mark' | 'atoms';

/** Shapes that come often, so that rules do share look-ups, and any other. */
const SHAPES: readonly (readonly Asked[])[] = [
  [],
  ['source'],
  ['source'],
  ['destination'],
  ['port'],
  ['source', 'port'],
  ['source', 'destination'],
  ['source', 'destination'],
  ['device', 'source'],
  ['mac'],
  ['icmpType'],
  ['protocol'],
  ['source', 'port', 'sourcePort'],
  ['dscp', 'source'],
  ['mark', 'source'],
  ['atoms', 'source'],
];
const shape = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...SHAPES) },
  {
    weight: 1,
    arbitrary: fc.subarray<Asked>([...KEYED, 'dscp', 'mark', 'atoms'], { maxLength: 5 }),
  },
);

const box = (family: Family): fc.Arbitrary<Box> =>
  fc
    .record({
      shape,
      device: deviceSet,
      mac: smallSet(3),
      source: smallSet(7),
      destination: smallSet(7),
      ports: fc.constantFrom([6], [17], [6, 17]),
      protocol: fc.constantFrom([6], [17], [6, 17], [ICMP[family]], [6, ICMP[family]]),
      icmpType: smallSet(3),
      sourcePort: smallSet(3),
      port: smallSet(7),
      dscp: smallSet(3),
      mark: cubes,
      negated: fc.boolean(),
    })
    .map((all): Box => {
      const asked = new Set<Asked>(all.shape);
      // As the language has it: types only in ICMP, ports only in protocols that have them.
      if (asked.has('icmpType')) {
        asked.delete('port');
        asked.delete('sourcePort');
      }
      const numbers = asked.has('icmpType')
        ? [ICMP[family]]
        : asked.has('port') || asked.has('sourcePort')
          ? all.ports
          : all.protocol;
      if (['icmpType', 'port', 'sourcePort'].some((each) => asked.has(each as Dimension))) {
        asked.add('protocol');
      }
      const sets = {
        device: all.device,
        mac: all.mac,
        source: family === 4 ? all.source : big(all.source),
        destination: family === 4 ? all.destination : big(all.destination),
        protocol: intervalSet(numbers.map((number) => [number, number] as const)),
        icmpType: all.icmpType,
        sourcePort: all.sourcePort,
        port: all.port,
        dscp: all.dscp,
        mark: all.mark,
        atoms: [{ ...SITES, negated: all.negated }],
      };
      const entries = Object.entries(sets).filter(([key]) => asked.has(key as Dimension));
      return { family, ...Object.fromEntries(entries) } as Box;
    });

const rules = fc
  .array(fc.array(fc.oneof(box(4), box(6)), { maxLength: 3 }), { maxLength: 12 })
  .map((lists) =>
    lists.map(
      (boxes, index): Rule => ({
        id: String(index),
        text: `rule ${index}`,
        place: index,
        boxes,
        target: { kind: 'main' },
      }),
    ),
  );

const packet = (family: Family): fc.Arbitrary<Packet> =>
  fc
    .record({
      device: fc.constantFrom(...DEVICES, 'wan7').map((name) => deviceInterval(name, false)[0]),
      mac: fc.nat(4),
      source: fc.nat(8),
      destination: fc.nat(8),
      protocol: fc.constantFrom(6, 17, ICMP[family], 47),
      icmpType: fc.nat(4),
      sourcePort: fc.nat(4),
      port: fc.nat(8),
      dscp: fc.nat(4),
      user: fc.nat(4),
      mark: fc.nat(3),
      atoms: fc.constantFrom(new Set<string>(), new Set([atomKey(SITES)])),
    })
    .map(({ icmpType, sourcePort, port, ...all }): Packet => {
      const wide = (dimension: Keyed, point: number): Point =>
        isWide(dimension, family) ? BigInt(point) : point;
      return {
        ...all,
        family,
        local: false,
        source: wide('source', all.source),
        destination: wide('destination', all.destination),
        ...(all.protocol === ICMP[family] ? { icmpType } : {}),
        ...(all.protocol === 6 || all.protocol === 17 ? { sourcePort, port } : {}),
      };
    });

describe.each([4, 6] as const)('runs of IPv%i rules', (family) => {
  it('decide as the first match over the plain boxes does', () => {
    const packets = fc.array(packet(family), { minLength: 20, maxLength: 40 });
    fc.assert(
      fc.property(rules, packets, limits, (list, some, most) => {
        const runs = runsIn(list, family, most);
        expect(some.filter((each) => decide(runs, each) !== firstMatch(list, each))).toEqual([]);
      }),
      RUNS,
    );
  });

  it('have sorted cells that never overlap, and exact ones of single values', () => {
    fc.assert(
      fc.property(rules, limits, (list, most) => {
        for (const run of runsIn(list, family, most)) {
          if (run.kind === 'test') continue;
          expect(run.cells.size).toBeGreaterThan(0);
          const keys = placesOf(run).map((at) => keyAt(run, at));
          const exact = keys.every((key) => key.every(([low, high]) => low === high));
          expect(run.exact).toBe(exact);
          keys.forEach((key, index) => {
            expect(ruleAt(run, index)).toBeDefined();
            const touches = (other: typeof key): boolean =>
              key.every((each, at) => overlaps([each], [other[at] as typeof each]));
            expect(keys.slice(index + 1).filter(touches)).toEqual([]);
            const next = keys[index + 1];
            const differs = key.findIndex(([low], at) => low !== next?.[at]?.[0]);
            if (next === undefined || differs < 0) return;
            expect((key[differs] as Interval<Point>)[0] < (next[differs]?.[0] ?? 0)).toBe(true);
          });
        }
      }),
      RUNS,
    );
  });

  it('name the rules that have cells, in order', () => {
    fc.assert(
      fc.property(rules, limits, (list, most) => {
        for (const run of runsIn(list, family, most)) {
          if (run.kind === 'test') continue;
          const owners = new Set(placesOf(run).map((at) => ruleAt(run, at)));
          expect(new Set(run.rules)).toEqual(owners);
          const places = [...run.rules].map((rule) => list.indexOf(rule));
          expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
        }
      }),
      RUNS,
    );
  });

  it('are tests where a box asks for marks, code points or atoms', () => {
    fc.assert(
      fc.property(box(family), (only) => {
        const rule: Rule = { id: '', text: '', place: 0, boxes: [only], target: { kind: 'drop' } };
        const runs = runsIn([rule], family);
        expect(runs).toHaveLength(1);
        const { mark, dscp, atoms } = only;
        if (mark ?? dscp ?? atoms) expect(runs[0]?.kind).toBe('test');
      }),
      RUNS,
    );
  });

  it('leave out what is of the other family', () => {
    const other = family === 4 ? 6 : 4;
    const rule: Rule = {
      id: '',
      text: '',
      place: 0,
      boxes: [{ family: other }],
      target: { kind: 'drop' },
    };
    expect(runsIn([rule], family)).toEqual([]);
  });
});

describe('one dimension', () => {
  const MAX = 60;
  const many = fc.array(interval(MAX), { minLength: 1, maxLength: 40 });

  it('cuts each point out for the first rule that has it', () => {
    fc.assert(
      fc.property(many, (list) => {
        const own = list.map(
          (each, index): Rule => ({
            id: String(index),
            text: '',
            place: 0,
            boxes: [{ family: 4, source: [each] }],
            target: { kind: 'main' },
          }),
        );
        const runs = runsIn(own, 4);
        const packets = Array.from(
          { length: MAX + 2 },
          (_, source): Packet => ({ family: 4, local: false, source, mark: 0 }),
        );
        expect(packets.filter((each) => decide(runs, each) !== firstMatch(own, each))).toEqual([]);
      }),
      RUNS,
    );
  });

  it('is one look-up for intervals that overlap, and is cut no finer than it must be', () => {
    const rule = (id: string, source: IntervalSet<number>): Rule => ({
      id,
      text: '',
      place: 0,
      boxes: [{ family: 4, source }],
      target: { kind: 'main' },
    });
    const runs = runsIn([rule('a', [[5, 6]]), rule('b', [[0, 9]]), rule('c', [[2, 12]])], 4);
    expect(runs).toHaveLength(1);
    const [run] = runs;
    if (run?.kind !== 'look-up') throw new Error('no look-up');
    expect(placesOf(run).map((at) => [...keyAt(run, at).flat(), ruleAt(run, at)?.id])).toEqual([
      [0, 4, 'b'],
      [5, 6, 'a'],
      [7, 9, 'b'],
      [10, 12, 'c'],
    ]);
  });
});

it('keeps a hardware address apart from an address of the same number', () => {
  const two = [
    [0, 0],
    [2, 2],
  ] as const;
  const box: Box = { family: 4, source: [[0, 1]] };
  const target = { kind: 'main' } as const;
  const list: Rule[] = [
    { id: 'mac', text: '', place: 0, boxes: [{ ...box, mac: two }], target },
    { id: 'destination', text: '', place: 0, boxes: [{ ...box, destination: two }], target },
  ];
  const packet = { family: 4, local: false, source: 0, destination: 0, mac: 1, mark: 0 } as const;
  expect(decide(runsIn(list, 4, LOW), packet)).toBe('destination');
});

describe('sizes', () => {
  it('tests a box whose product is too large by itself', () => {
    const every = (count: number): IntervalSet<number> =>
      Array.from({ length: count }, (_, index) => [2 * index, 2 * index] as const);
    const run = (source: number, port: number): Run | undefined =>
      runsIn(
        [
          {
            id: '',
            text: '',
            place: 0,
            boxes: [{ family: 4, source: every(source), protocol: [[6, 6]], port: every(port) }],
            target: { kind: 'main' },
          },
        ],
        4,
      )[0];
    expect(run(64, 64)?.kind).toBe('look-up');
    expect(run(65, 64)?.kind).toBe('test');
  });

  it('tests a box of more dimensions than nft can list again', () => {
    const five = { source: [[1, 1]], destination: [[2, 2]], protocol: [[6, 6]] } as const;
    const box: Box = { family: 4, ...five, sourcePort: [[3, 3]], port: [[80, 80]] };
    const kindOf = (each: Box): string | undefined =>
      runsIn([{ id: '', text: '', place: 0, boxes: [each], target: { kind: 'main' } }], 4)[0]?.kind;
    expect(kindOf(box)).toBe('look-up');
    expect(kindOf({ ...box, user: [[0, 0]] })).toBe('test');
  });

  it('keys that many rules have in common are those of the first of them', () => {
    const every = (from: number): IntervalSet<number> =>
      Array.from({ length: 64 }, (_, index) => [from + 2 * index, from + 2 * index] as const);
    const rules = Array.from({ length: 80 }, (_, place): Rule => {
      // Each has one source that no other has.
      const box: Box = { family: 4, source: every(2 * place), port: every(0) };
      return { id: String(place), text: '', place, boxes: [box], target: { kind: 'main' } };
    });
    const [run, ...others] = runsIn(rules, 4) as [LookUp];
    expect(others).toEqual([]);
    const sourceAt = (at: number): number => Number(cellAt(run.cells, 0, at)[0]);
    const firstWith = (source: number): string => String(Math.max(0, source / 2 - 63));
    expect(run.cells.size).toBe((64 + 79) * 64);
    const wrong = placesOf(run).filter((at) => ruleAt(run, at)?.id !== firstWith(sourceAt(at)));
    expect(wrong).toEqual([]);
  });

  it('a list of any length in one dimension is one look-up', () => {
    const source = Array.from({ length: 50_000 }, (_, index) => [2 * index, 2 * index] as const);
    const rule: Rule = {
      id: '',
      text: '',
      place: 0,
      boxes: [{ family: 4, source }],
      target: { kind: 'main' },
    };
    expect(runsIn([rule], 4)).toMatchObject([{ kind: 'look-up', exact: true }]);
  });

  describe('rules of two shapes in turn', () => {
    const turns = (one: (at: number) => object, other: (at: number) => object): readonly Run[] =>
      runsIn(
        Array.from({ length: 400 }, (_, at): Rule => {
          const box = { family: 4, ...(at % 2 === 0 ? one(at) : other(at)) } as Box;
          return { id: String(at), text: '', place: 0, boxes: [box], target: { kind: 'main' } };
        }),
        4,
      );
    const from = (at: number): object => ({ source: [[at, at]] });

    it('are a look-up each where they never meet', () => {
      const runs = turns(from, (at) => ({ ...from(at), protocol: [[6, 6]], port: [[80, 80]] }));
      expect(runs.map(({ kind }) => kind)).toEqual(['look-up', 'look-up']);
    });

    it('are tests where each crosses all of the others, for so many maps load for minutes', () => {
      const runs = turns(from, (at) => ({ destination: [[at, at]] }));
      expect(runs.map(({ kind }) => kind)).toEqual(Array(400).fill('test'));
    });
  });
});
