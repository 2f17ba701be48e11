import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { understand } from '../compile.ts';
import { evaluate } from '../model/evaluate.ts';
import { holds, type Packet } from '../model/packet.ts';
import type { Program } from '../model/program.ts';
import { sameNat } from '../model/same-nat.ts';
import { deviceInterval } from '../net/device-name.ts';
import { formatBoxes } from '../policy/format-box.ts';
import { formatPacket } from '../policy/format-packet.ts';
import { type Difference, diffPolicies, type Side } from './diff-policies.ts';
import { formatDestiny } from './format-destiny.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 60) };
const UPLINKS = [
  'uplink a dev eth1 gateway 192.0.2.1 masquerade',
  'uplink b dev eth2 gateway 198.51.100.1',
  'uplink t dev wg0',
];

function side(lines: readonly string[]): Side | undefined {
  const bytes = new TextEncoder().encode(lines.join('\n'));
  const entry = { name: 'policy.route', base: 'policy', bytes };
  const { policy, program } = understand(entry, () => ({ refused: 'no files here' }), undefined);
  return program === undefined ? undefined : { policy, program };
}
function diffOf(was: readonly string[], now: readonly string[], head = UPLINKS): Difference {
  const [one, other] = [side([...head, ...was]), side([...head, ...now])];
  if (one === undefined || other === undefined) throw new Error('a policy that is wrong');
  return diffPolicies(one, other);
}
/** Flows as texts: from, to, and how many regions. */
const flows = (difference: Difference): string[] =>
  difference.flows.map(
    ({ before, after, regions }) =>
      `${formatDestiny(before)} -> ${formatDestiny(after)}: ${regions.length}`,
  );

describe('what changes nothing', () => {
  it.each([
    [['route host 10.0.0.1 via a', 'route host 10.0.0.2 via b'], 'order of rules that never meet'],
    [['route host 10.0.0.2 via b  # why', '', 'route host 10.0.0.1 via a'], 'comments'],
    [['set x = 10.0.0.1', 'route from @x via a', 'route from 10.0.0.2 via b'], 'a set'],
    [
      ['route host 10.0.0.1 via a masquerade', 'route host 10.0.0.2 via b nonat'],
      'a NAT told twice',
    ],
    [
      ['route host 10.0.0.1 tcp via a', 'route host 10.0.0.1 via a', 'route host 10.0.0.2 via b'],
      'parts',
    ],
    [
      ['route host 10.0.0.1 via a', 'route host 10.0.0.2 via b', 'route host 10.0.0.1 via t'],
      'a shadow',
    ],
  ])('%j', (now) => {
    const was = ['route host 10.0.0.1 via a', 'route host 10.0.0.2 via b'];
    for (const difference of [diffOf(was, now), diffOf(now, was)]) {
      expect(difference).toMatchObject({ flows: [], changes: false, settings: [] });
    }
  });

  it('is a rule for what no rule is asked about', () => {
    const own = [...UPLINKS, 'uplink o dev eth5 address 203.0.113.2/24, 203.0.113.3/24'];
    const was = ['route ipv4 via a'];
    const now = [
      'route to 203.0.113.2, 203.0.113.3 tcp 80 via drop',
      'route in o to 203.0.113.3 via b',
      'route to 224.0.0.0/4, 255.255.255.255, ff02::1 via b',
      'route local udp 67 sport 68 via drop',
      ...was,
    ];
    for (const difference of [diffOf(was, now, own), diffOf(now, was, own)]) {
      expect(difference).toMatchObject({ flows: [], changes: false });
    }
    // A net that holds more is about the others, and the packet is one of them.
    const [flow] = diffOf(was, ['route to 203.0.113.0/30 via b', ...was], own).flows;
    expect(flow?.regions.map(({ packet }) => packet.destination)).toEqual([0xcb00_7101]);
  });

  it('is a set of names that is called otherwise, or an uplink that is', () => {
    const head = [...UPLINKS, 'set s domains x.example, y.example', 'route to @s via a'];
    const other = [
      ...UPLINKS.map((line) => line.replace('uplink b', 'uplink fibre')),
      'set names domains y.example, x.example',
      'route to @names via a',
    ];
    const [one, two] = [side(head) as Side, side(other) as Side];
    expect(diffPolicies(one, two)).toMatchObject({ flows: [], changes: false });
  });
});

describe('what changes', () => {
  it('is told by what became of it, with a packet', () => {
    const was = ['route host 10.0.0.1 tcp 80 via a', 'route from 10.0.0.0/24 via b'];
    const now = ['route from 10.0.0.0/24 via b', 'route host 10.0.1.1 via drop'];
    const difference = diffOf(was, now);
    expect(flows(difference)).toEqual(['via a masquerade -> via b: 1', 'via main -> via drop: 1']);
    const [first] = difference.flows;
    expect(first?.regions[0]).toMatchObject({ partly: false });
    expect(formatPacket(first?.regions[0]?.packet as Packet)).toBe(
      'from 10.0.0.1 to 203.0.113.80 tcp 80 in lan0',
    );
  });

  it('is told once where it is an uplink, and not with each rule', () => {
    const rules = ['route host 10.0.0.1 via a', 'route host 10.0.0.2 via a masquerade'];
    const other = UPLINKS.map((line) => line.replace('1 masquerade', '9 snat 192.0.2.7'));
    const difference = diffPolicies(
      side([...UPLINKS, ...rules]) as Side,
      side([...other, ...rules]) as Side,
    );
    expect(difference.flows).toEqual([]);
    expect(difference.uplinks).toEqual([
      '`a`: in IPv4 it leads to the gateway 192.0.2.9; before, to the gateway 192.0.2.1',
      '`a`: its own addresses are 192.0.2.7; before, not known',
      '`a`: what leaves by it in IPv4, and names no NAT of its own, has `snat 192.0.2.7`; before, `masquerade`',
    ]);
  });

  it('is a port that leads elsewhere, a set of other names, and no option', () => {
    const was = [
      'set s domains x.example',
      'route to @s via a',
      'forward tcp 80-81 on a to 10.0.0.1:80-81',
    ];
    const now = [
      'set s domains z.example',
      'route to @s via a',
      'forward tcp 81 on a to 10.0.0.1:82',
      'option group 7000',
    ];
    expect(diffOf(was, now)).toMatchObject({
      flows: [],
      sets: ['the set `s` also learns z.example, and no longer learns x.example'],
      forwards: [
        '`forward` on `a`, tcp 81: leads to 10.0.0.1:82; before, to 10.0.0.1:81',
        '`forward` on `a`, tcp 80: leads nowhere any more; before, to 10.0.0.1:80',
      ],
      settings: ['`option group` is 7000; before, 6000'],
    });
  });

  it('is what comes in by a new uplink, once for each place it went to, however many rules there are', () => {
    const rules = Array.from(
      { length: 300 },
      (_, i) => `route host 10.0.1.${i % 250} tcp ${i + 1} via a`,
    );
    const was = side([...UPLINKS, ...rules]) as Side;
    const now = side([...UPLINKS, 'uplink lte dev wwan0', ...rules]) as Side;
    const { flows: its, uplinks } = diffPolicies(was, now);
    expect(uplinks).toEqual(['the uplink `lte` is new: it leaves by `wwan0`']);
    expect(
      its.map(({ before, regions }) => [
        formatDestiny(before),
        regions.map(({ arrival, more }) => [arrival, more]),
      ]),
    ).toEqual([
      ['via a masquerade', [['after', true]]],
      // In both families.
      [
        'via main',
        [
          ['after', false],
          ['after', false],
        ],
      ],
    ]);
  });

  it('is what comes in by a device that is an uplink no more, and where each part of it went', () => {
    const was = ['uplink lte dev wwan0 gateway 203.0.113.1', 'route ipv4 tcp 25 via drop'];
    const now = ['route ipv4 tcp 25 via drop', 'route ipv4 udp via b'];
    const told = diffOf(was, now).flows.map(({ before, after, regions }) => [
      `${formatDestiny(before)} -> ${formatDestiny(after)}`,
      ...regions.map(({ boxes, arrival, more, partly }) => {
        return [formatBoxes(boxes).join(), arrival, more, partly];
      }),
    ]);
    expect(told).toEqual([
      [
        'via main, answers back by lte -> via drop',
        ['ipv4 tcp 25 in wwan0', 'before', false, false],
      ],
      [
        'via main, answers back by lte -> via main',
        ['ipv4 not udp in wwan0', 'before', false, true],
      ],
      ['via main, answers back by lte -> via b', ['ipv4 udp in wwan0', 'before', false, false]],
      ['via main -> via b', ['ipv4 udp', undefined, false, false]],
    ]);
  });

  it('is no more than what a list, a range or a time has lost or won', () => {
    const told = (was: string, now: string) =>
      diffOf([was], [now]).flows.map(({ before, after, regions }) => [
        `${formatDestiny(before)} -> ${formatDestiny(after)}`,
        ...regions.map(({ boxes, partly }) => [formatBoxes(boxes).join(), partly]),
      ]);
    expect(
      told('route host 10.0.0.1, 10.0.0.3, 10.0.0.5 via b', 'route host 10.0.0.1, 10.0.0.5 via b'),
    ).toEqual([['via b -> via main', ['from 10.0.0.3', false]]]);
    expect(told('route ipv4 tcp 80-90 via b', 'route ipv4 tcp 82-90 via b')).toEqual([
      ['via b -> via main', ['ipv4 tcp 80-81', false]],
    ]);
    expect(told('route ipv4 time 10:00-12:00 via b', 'route ipv4 time 10:00-14:00 via b')).toEqual([
      ['via main -> via b', ['ipv4 time 12:00-14:00', false]],
    ]);
    // What another rule takes of it in more than one piece is only said to be.
    const more = 'route host 10.0.0.1 tcp 80 via a';
    const days = (its: string) => [more, `route ipv4 time 18:00-23:00 ${its} via b`];
    const [lost] = diffOf(days('fri,sat'), days('fri')).flows.flatMap(({ regions }) => regions);
    expect([formatBoxes(lost?.boxes ?? []), lost?.partly]).toEqual([
      ['ipv4 time 18:00-23:00 sat'],
      true,
    ]);
    expect(told('route ipv4 time 18:00-23:00 fri via b', 'route ipv4 via b')).toEqual([
      ['via main -> via b', ['ipv4 time not 18:00-23:00 fri', false]],
    ]);
    // Two things at once leave no box: then it is said that it is not all of it.
    expect(
      told('route from 10.0.0.0/24 tcp 80-90 via b', 'route host 10.0.0.1 tcp 80 via b'),
    ).toEqual([['via b -> via main', ['from 10.0.0.0/24 tcp 80-90', true]]]);
  });
});

/** A small world: rules of these words meet all the time. */
const pick = (...texts: string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);
const match = fc
  .tuple(
    pick('', '', 'local', 'in lan0', 'in not lan0', 'in a', 'in lan*'),
    pick(
      '',
      'from 10.0.0.0/30',
      'host 10.0.0.1',
      'host 10.0.0.1, 10.0.0.2',
      'from not 10.0.0.1',
      'from 2001:db8::1',
    ),
    pick('', 'tcp', 'tcp 80', 'tcp not 80', 'udp', 'not tcp', 'tcp,udp 80-81', 'icmp'),
    pick('', '', '', 'mark 0x1/0x3', 'time 10:00-14:00', 'ipv4'),
    pick('', '', '', 'to 11.0.0.0/30', 'to 11.0.0.2', 'to not 11.0.0.1', 'to 11.0.0.1, 224.0.0.5'),
  )
  .filter(([device, from, protocol, more, to]) => {
    const six = from.includes('2001');
    if (to !== '' && (six || protocol === 'icmp' || more === 'ipv4')) return false;
    return (
      !(six && (protocol === 'icmp' || more === 'ipv4')) &&
      !(protocol === 'icmp' && more === 'ipv4' && device === '')
    );
  })
  .map((parts) => parts.filter((part) => part !== '').join(' '));
const target = pick(
  'a',
  'b',
  't',
  'main',
  'drop',
  'a else b',
  'a masquerade',
  'b nonat',
  'b else main',
  'balance a, b',
);
const rule = fc
  .tuple(match, target)
  .map(([its, to]) => `route ${its} via ${to}`.replace(/ +/g, ' '));
const policies = fc
  .tuple(
    fc.array(rule, { maxLength: 6 }),
    fc.array(rule, { maxLength: 3 }),
    fc.array(fc.nat(9), { maxLength: 4 }),
    fc.boolean(),
  )
  .map(([was, more, cuts, turned]): [string[], string[]] => {
    const now = [...was];
    for (const cut of cuts) now.splice(cut % (now.length + 1), 1);
    for (const [index, line] of more.entries()) now.splice(cuts[index] ?? 0, 0, line);
    if (turned) now.reverse();
    return [was, now];
  });

/** A device that may be an uplink's on one side, or on both. */
const more = fc.constantFrom<string[]>([], [], ['uplink x dev x gateway 203.0.113.1']);

/** One of the router's own addresses, and one that a net with it has. */
const OWN = 0x0b00_0002;
const OWNING = UPLINKS.map((line) =>
  line.replace('gateway 198.51.100.1', 'gateway 198.51.100.1 address 11.0.0.2/24'),
);

const device = (name: string): bigint => deviceInterval(name, false)[0];
const PACKETS: Packet[] = [4 as const, 6 as const].flatMap((family) =>
  (family === 4
    ? [0x0a000000, 0x0a000001, 0x0a000002, 0x0b000000]
    : [(0x2001_0db8n << 96n) + 1n, 5n]
  ).flatMap((source) =>
    ['lan0', 'eth1', 'eth2', 'x', undefined].flatMap((name) =>
      [
        { protocol: 6, port: 80, sourcePort: 9 },
        { protocol: 6, port: 81, sourcePort: 9 },
        { protocol: 6, port: 82, sourcePort: 9 },
        { protocol: 17, port: 80, sourcePort: 9 },
        { protocol: family === 4 ? 1 : 58, icmpType: 8 },
        { protocol: 47 },
        ...(family === 4 ? [{ protocol: 6, port: 80, sourcePort: 9, destination: OWN }] : []),
        ...(family === 4
          ? [{ protocol: 17, port: 9, sourcePort: 9, destination: 0xe0000005 }]
          : []),
      ].flatMap((transport) =>
        [0, 1].flatMap((mark) =>
          [720, 60].map((minute) => ({
            family,
            local: name === undefined,
            mark,
            minute,
            dscp: 0,
            ...(name === undefined ? {} : { device: device(name) }),
            source,
            destination: family === 4 ? 0x0b000001 : 9n,
            ...transport,
          })),
        ),
      ),
    ),
  ),
);
const UPS = [['a', 'b', 't'], ['b'], ['a'], []].map((names) => new Set(names));

/** What becomes of a packet, whichever uplinks are up, without what is only a number. */
function told(program: Program, packet: Packet): string {
  return JSON.stringify(
    UPS.map((up) => {
      const { outcomes, arrival } = evaluate(program, packet, up);
      const parts: Record<string, number> = {};
      for (const { outcome, share } of outcomes) {
        const sent =
          outcome.kind === 'uplink' || (outcome.kind === 'main' && outcome.slot !== undefined);
        const back = sent ? arrival?.name : undefined;
        const nat =
          outcome.kind === 'uplink' && !sameNat(outcome.nat, { kind: 'none' }) ? outcome.nat : '';
        const key = JSON.stringify([
          outcome.kind,
          outcome.kind === 'uplink' ? outcome.uplink.name : '',
          nat,
          back,
        ]);
        parts[key] = (parts[key] ?? 0) + share;
      }
      return Object.entries(parts)
        .map(([key, share]) => [key, share.toFixed(6)])
        .sort();
    }),
  );
}

it('names each rule that took what the router sends, where rules that ask for marks are alone now', () => {
  const was = ['route ipv4 local tcp via a', 'route ipv4 local via a'];
  const [first] = diffOf(was, ['route ipv4 local mark 0x1/0x3 via a']).flows;
  const named = first?.regions.map((each) => [each.before?.statement.text, each.arrival]);
  expect(named).toEqual(was.map((text) => [text, undefined]));
});

it('tells of each packet that changes, and of no other', () => {
  let changed = 0;
  fc.assert(
    fc.property(policies, more, more, ([was, now], moreWas, moreNow) => {
      const one = side([...OWNING, ...moreWas, ...was]);
      const other = side([...OWNING, ...moreNow, ...now]);
      fc.pre(one !== undefined && other !== undefined);
      if (one === undefined || other === undefined) return;
      const difference = diffPolicies(one, other);
      expect(difference.undecided).toEqual({ before: [], after: [] });
      const regions = difference.flows.flatMap((flow) => flow.regions);
      for (const { packet, boxes } of regions) {
        expect(boxes.some(({ box }) => holds(box, packet))).toBe(true);
        expect(told(one.program, packet)).not.toBe(told(other.program, packet));
      }
      const textOf = (program: Program, packet: Packet): string | undefined =>
        evaluate(program, packet, new Set()).rule?.text;
      /** By which device it comes, and what becomes of it on either side. */
      const fares = (packet: Packet): string =>
        [
          packet.family,
          packet.device,
          told(one.program, packet),
          told(other.program, packet),
        ].join();
      for (const packet of PACKETS) {
        const differs = told(one.program, packet) !== told(other.program, packet);
        if (evaluate(one.program, packet, new Set()).spared !== undefined) {
          // That a new uplink answers what it brings to the router itself is told with the uplink.
          expect(differs && packet.device !== device('x')).toBe(false);
          continue;
        }
        const [before, after] = [textOf(one.program, packet), textOf(other.program, packet)];
        const inside = regions.some((region) => {
          const { boxes, before: from, after: to } = region;
          const exact =
            from?.statement.text === before &&
            to?.statement.text === after &&
            boxes.some(({ box, local }) => local === packet.local && holds(box, packet));
          return exact || (region.more && fares(packet) === fares(region.packet));
        });
        if (differs) changed += 1;
        const what = `${formatPacket(packet, true)}\n${moreWas}${was.join('\n')}\n--\n${moreNow}${now.join('\n')}`;
        expect(inside, what).toBe(differs);
      }
    }),
    RUNS,
  );
  expect(changed).toBeGreaterThan(100);
});
