import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check, understand } from '../compile.ts';
import { evaluate } from '../model/evaluate.ts';
import type { Packet } from '../model/packet.ts';
import type { Program } from '../model/program.ts';
import { deviceInterval } from '../net/device-name.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import { positionOf } from '../text/source.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 60) };
const UPLINKS = [
  'uplink a dev eth1 gateway 192.0.2.1 nonat',
  'uplink b dev eth2 gateway 198.51.100.1 nonat',
  'uplink t dev wg0',
];
const entry = (text: string) => {
  return { name: 'policy.route', base: 'policy', bytes: new TextEncoder().encode(text) };
};
const nothing = () => ({ refused: 'no files here' });

function found(rules: readonly string[]): readonly Diagnostic[] {
  return check(entry([...UPLINKS, ...rules].join('\n')), nothing, undefined).diagnostics;
}
/** What analyses say: the code, and the lines that it is about, counted among the rules. */
function said(...rules: string[]): string[] {
  return found(rules)
    .filter(({ code }) => code.startsWith('RC3'))
    .map(({ code, labels }) => {
      const lines = labels.map(({ span }) => positionOf(span.source, span.start).line);
      return [code, ...lines.map((line) => line - UPLINKS.length)].join(' ');
    });
}

describe('shadowed rules', () => {
  it.each([
    [['route from 10.0.0.0/8 via a', 'route host 10.1.2.3 tcp 80 via b'], ['RC301 2 1']],
    [['route host 10.1.2.3 tcp 80 via b', 'route from 10.0.0.0/8 via a'], []],
    [['route ipv4 tcp via a', 'route ipv4 not tcp via b', 'route ipv4 via a'], ['RC301 3 1 2']],
    [['route via a', 'route ipv4 local via b'], []],
    [['route in lan0 via t', 'route in not lan0 via t', 'route icmp via a'], ['RC301 3 2 1']],
    [['route in a* via t', 'route in abc via a'], ['RC301 2 1']],
    // A way in by the uplink itself is not shadowed by what only looks at others.
    [['route ipv4 via b', 'route ipv4 in a via b'], []],
    [['route ipv4 in a via b', 'route ipv4 in a tcp via b'], ['RC301 2 1']],
    [
      [
        'route ipv4 from 10.0.0.0/9 via a',
        'route from 10.128.0.0/9 via b',
        'route from 10.0.0.0/8 via a',
      ],
      ['RC301 3 2 1'],
    ],
    [['route ipv4 mark 0x1/0x1 via a', 'route ipv4 mark 0x3/0x3 via b'], ['RC301 2 1']],
    [
      ['route tcp 80 via t', 'route ipv4 tcp 79-80 via a', 'route ipv6 tcp 80 via a'],
      ['RC301 3 1'],
    ],
  ])('%j', (rules, lines) => {
    const its = said(...rules).filter((each) => each.startsWith('RC301'));
    expect(its.map((each) => each.split(' ').sort().join(' '))).toEqual(
      lines.map((each) => each.split(' ').sort().join(' ')),
    );
  });

  it('names the rule, a packet and who takes it', () => {
    const its = found(['route from 10.0.0.0/8 via a', 'route host 10.1.2.3 tcp 80 via b']);
    const one = its.find(({ code }) => code === 'RC301');
    expect(one?.message).toBe(
      'no packet reaches this rule: `route from 10.0.0.0/8 via a` takes all that it matches',
    );
    expect(one?.help).toContain('`from 10.1.2.3 to 203.0.113.80 tcp 80 in lan0`');
    expect(one?.help).toContain('is taken by `route from 10.0.0.0/8 via a`');
  });

  it('are allowed on their line, also where nobody looks for them', () => {
    const rule = 'route host 10.1.2.3 via b # routec: allow shadowed-rule';
    const others = ['route host 192.0.2.9 via b', 'route from 10.0.0.0/8 via a'];
    const text = [...UPLINKS, ...others, rule].join('\n');
    expect(check(entry(text), nothing, undefined).diagnostics).toEqual([]);
    expect(understand(entry(text), nothing, undefined).diagnostics).toEqual([]);
    const idle = [...UPLINKS, rule].join('\n');
    const slugs = check(entry(idle), nothing, undefined).diagnostics.map(({ slug }) => slug);
    expect(slugs).toContain('unused-allowance');
  });

  it('never quote a list that must not be quoted', () => {
    const text = `${UPLINKS.join('\n')}\nset x from "/x"\nroute from @x via a\nroute from @x tcp via b\n`;
    const read = () => ({ bytes: new TextEncoder().encode('203.0.113.77\n'), quotable: false });
    const { diagnostics } = check(entry(text), read, undefined);
    const slugs = diagnostics.map(({ slug }) => slug);
    expect(slugs).toEqual(['unreached-uplink', 'shadowed-rule']);
    expect(JSON.stringify(diagnostics.map(({ message, help }) => [message, help]))).not.toContain(
      '203.0.113.77',
    );
  });
});

describe('redundant rules', () => {
  it.each([
    [['route host 10.1.2.3 via a', 'route from 10.0.0.0/8 via a'], ['RC302 1 2']],
    [['route host 10.1.2.3 via a', 'route ipv4 tcp via b', 'route from 10.0.0.0/8 via a'], []],
    [['route host 10.1.2.3 via a', 'route ipv4 tcp via b'], []],
    [['route host 10.1.2.3 via main', 'route ipv4 tcp via b'], []],
    [['route host 10.1.2.3 via main', 'route host 10.1.2.4 via b'], ['RC302 1']],
    [['route ipv4 tcp via a', 'route via main'], []],
    [['route host 10.1.2.3 via a nonat', 'route from 10.0.0.0/8 via a'], ['RC302 1 2']],
    [['route host 10.1.2.3 via a masquerade', 'route from 10.0.0.0/8 via a'], []],
    [
      [
        'route host 10.1.2.3 tcp 80 via a',
        'route host 10.1.2.3 tcp 80-90 via b',
        'route from 10.0.0.0/8 via a',
      ],
      [],
    ],
    [['route ipv6 tcp via a', 'route ipv6 via drop'], []],
  ])('%j', (rules, lines) => {
    expect(said(...rules).filter((each) => each.startsWith('RC302'))).toEqual(lines);
  });
});

it('names a packet of a redundant rule, but none of a list that must not be quoted', () => {
  const helpOf = (diagnostics: readonly Diagnostic[]): string | undefined => {
    const its = diagnostics.filter(({ code }) => code === 'RC302');
    expect(its).toHaveLength(1);
    return its[0]?.help;
  };
  expect(helpOf(found(['route host 10.1.2.3 via a', 'route from 10.0.0.0/8 via a']))).toContain(
    '`from 10.1.2.3 to 203.0.113.80 tcp 80 in lan0` is one of its packets',
  );
  const text = `${UPLINKS.join('\n')}\nset x from "/x"\nroute from @x via a\nroute ipv4 via a\n`;
  const read = () => ({ bytes: new TextEncoder().encode('203.0.113.77\n'), quotable: false });
  const hidden = helpOf(check(entry(text), read, undefined).diagnostics);
  expect(hidden ?? '').not.toContain('203.0.113.77');
});

describe('expectations', () => {
  it.each([
    [['expect tcp 80 via a', 'expect host 10.0.0.1 via b'], ['RC304 2 1']],
    [['expect tcp 80 via a', 'expect tcp 81 via b'], []],
    [['expect tcp 80 via a', 'expect tcp 80 while a down via b'], []],
    [['expect udp while b down, a down via t', 'expect while a, b main'], ['RC304 2 1']],
    [['expect tcp via a', 'expect tcp via a masquerade', 'expect tcp via a nonat'], ['RC304 3 2']],
    [['expect tcp via a, b', 'expect tcp 80 via b'], ['RC304 2 1']],
    [['expect tcp via b, a', 'expect tcp 80 via a nonat, b'], []],
    [['expect tcp via a', 'expect local tcp via b', 'expect in a tcp via b'], []],
    [['expect ipv4 drop', 'expect ipv6 main', 'expect reject'], ['RC304 3 1']],
    [['expect tcp via a', 'expect tcp time 10:00-12:00 drop # routec: allow RC304'], []],
  ])('%j', (expects, lines) => {
    const its = said(...expects);
    expect(its.filter((each) => each.startsWith('RC304'))).toEqual(lines);
  });

  it('name a packet', () => {
    const its = found(['expect tcp 80 via a', 'expect host 10.0.0.1 via b']);
    expect(its.find(({ code }) => code === 'RC304')?.message).toBe(
      '`from 10.0.0.1 to 203.0.113.80 tcp 80 in lan0` is expected to go another way by `expect tcp 80 via a`: one of the two always fails',
    );
  });
});

describe('uplinks that nothing reaches', () => {
  it.each([
    [['route ipv4 via a', 'route host 10.0.0.1 via b', 'route tcp ipv4 via a else b'], [-1]],
    [['route ipv4 via a', 'route host 10.0.0.1 via b', 'route icmp local via a else b'], []],
    [['route ipv4 via a', 'route host 10.0.0.1 via b', 'forward tcp 80 on b to 10.0.0.1:80'], []],
    // It has no way for IPv6, where packets still reach the rule.
    [['route ipv4 via a', 'route via balance t, b'], [-1]],
    [['route via a', 'route ipv4 in a via b'], []],
    [['route ipv4 via a'], []],
  ])('%j', (rules, lines) => {
    const its = said(...rules).filter((each) => each.startsWith('RC305'));
    expect(its.map((each) => Number(each.split(' ')[1]))).toEqual(lines);
  });
});

describe('rules that no packet comes to', () => {
  it.each([
    [['route to 203.0.113.2, 203.0.113.3 tcp 80 via drop'], ['RC307 2']],
    [['route in o to 203.0.113.2 via drop'], ['RC307 2']],
    [['route local to 203.0.113.3 via b'], ['RC307 2']],
    [['route to 203.0.113.0/30 via drop'], []],
    [['route to 203.0.113.3, 203.0.113.9 via drop'], []],
    [['route to 224.0.0.0/4, ff02::1 via t'], ['RC307 2']],
    [['route local udp 67 sport 68 via a'], ['RC307 2']],
    [['route ipv4 udp 67 sport 68 via a'], []],
    // What a rule above takes of others is another matter.
    [
      ['route to 203.0.113.9 via a', 'route to 203.0.113.3, 203.0.113.9 via t'],
      ['RC305 0 3', 'RC301 3 2'],
    ],
    [['route to 203.0.113.0/30 via a', 'route to 203.0.113.2 via b'], ['RC307 3']],
    [['expect to 203.0.113.0/24 main', 'expect to 203.0.113.2 via b'], []],
  ])('%j', (rules, lines) => {
    const own = 'uplink o dev eth5 address 203.0.113.2/24, 203.0.113.3/24 nonat';
    expect(said(own, ...rules)).toEqual(lines);
  });
});

describe('what falls through to main', () => {
  it.each([
    [['route ipv4 via a'], ['RC306 1']],
    [['route via t'], []],
    [['route ipv4 tcp via a', 'route ipv4 udp via b'], ['RC306 2']],
    [['route ipv4 tcp via a', 'route ipv4 udp via b', 'route via main'], []],
    [['route ipv4 tcp via a', 'route ipv4 udp not 53 via b'], []],
    [['route from 10.0.0.0/8 via a', 'route ipv4 from not 10.0.0.0/8 via b'], ['RC306 2']],
    [['route time 10:00-12:00 via t'], []],
    [['route via t', 'route local ipv6 via t'], ['RC306 2']],
  ])('%j', (rules, lines) => {
    expect(said(...rules).filter((each) => each.startsWith('RC306'))).toEqual(lines);
  });
});

describe('rules whose order decides', () => {
  it.each([
    [['route host 10.0.0.1, 10.0.0.2 via a', 'route host 10.0.0.2, 10.0.0.3 via b'], ['RC303 2 1']],
    [['route host 10.0.0.1, 10.0.0.2 via a', 'route host 10.0.0.2, 10.0.0.3 via a'], []],
    [['route ipv4 tcp 1-90 via a', 'route ipv4 tcp 80-443 via b'], ['RC303 2 1']],
    [['route ipv4 tcp 80, 443 via a', 'route from 10.0.0.0/8 tcp 443, 8443 via b'], ['RC303 2 1']],
    [['route ipv4 tcp 80, 443 via a', 'route ipv4 udp 443, 8443 via b'], []],
    [['route host 10.0.0.1, 192.168.0.1 via a', 'route from 10.0.0.0/8 via b'], []],
    [['route host 10.0.0.1, 10.0.0.2 via a', 'route ipv4 tcp 80, 443 via b'], []],
    [['route in lan0, lan1 ipv4 via a', 'route in not lan1, lan2 ipv4 tcp via b'], []],
  ])('%j', (rules, lines) => {
    expect(said(...rules)).toEqual(lines);
  });
});

/** A small universe: policies of these words meet all the time, and all packets can be tried. */
const match = fc
  .record({
    from: fc.constantFrom(
      '',
      'from 10.0.0.0/30',
      'host 10.0.0.1',
      'host 10.0.0.1, 10.0.0.2',
      'from not 10.0.0.1',
      'from 2001:db8::1',
    ),
    device: fc.constantFrom('', 'in lan0', 'in not lan0', 'in a', 'in lan*'),
    protocol: fc.constantFrom(
      '',
      'tcp',
      'tcp 80',
      'tcp not 80',
      'udp',
      'not tcp',
      'tcp,udp 80-81',
      'icmp',
    ),
    family: fc.constantFrom('', '', 'ipv4'),
  })
  .map(({ from, device, protocol, family }) => {
    const four = from.startsWith('from 2001') || protocol === 'icmp' ? '' : family;
    return [
      from,
      device,
      from.startsWith('from 2001') && protocol === 'icmp' ? '' : protocol,
      four,
    ].join(' ');
  });
const target = fc.constantFrom('a', 'b', 't', 'main', 'drop', 'a else b', 'balance a, b');
const rule = fc
  .tuple(match, target)
  .map(([its, to]) => `route ${its} via ${to}`.replace(/ +/g, ' '));

const device = (name: string): bigint => deviceInterval(name, false)[0];
const PACKETS: Packet[] = [4 as const, 6 as const].flatMap((family) =>
  (family === 4
    ? [0x0a000000, 0x0a000001, 0x0a000002, 0x0a000003, 0x0b000000]
    : [(0x2001_0db8n << 96n) + 1n, 5n]
  ).flatMap((source) =>
    ['lan0', 'lan1', 'eth1', 'eth2', 'x'].flatMap((name) =>
      [
        { protocol: 6, port: 80, sourcePort: 9 },
        { protocol: 6, port: 81, sourcePort: 9 },
        { protocol: 6, port: 82, sourcePort: 9 },
        { protocol: 17, port: 80, sourcePort: 9 },
        { protocol: 17, port: 82, sourcePort: 9 },
        { protocol: family === 4 ? 1 : 58, icmpType: 8 },
        { protocol: 47 },
      ].map((transport) => ({
        family,
        local: false,
        mark: 0,
        dscp: 0,
        device: device(name),
        source,
        destination: family === 4 ? 0x0b000001 : 9n,
        ...transport,
      })),
    ),
  ),
);
const UPS = [['a', 'b', 't'], ['b'], []].map((names) => new Set(names));

function told(program: Program): string[] {
  return PACKETS.flatMap((packet) =>
    UPS.map((up) => {
      const parts: Record<string, number> = {};
      for (const { outcome, share } of evaluate(program, packet, up).outcomes) {
        const where = outcome.kind === 'uplink' ? [outcome.uplink.name, outcome.nat] : [];
        const key = JSON.stringify([outcome.kind, ...where]);
        parts[key] = (parts[key] ?? 0) + share;
      }
      return JSON.stringify(Object.entries(parts).sort());
    }),
  );
}

describe('on any policy of a small world', () => {
  it('what is shadowed or redundant makes no difference, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 6 }), (rules) => {
        const text = (those: readonly string[]): string => [...UPLINKS, ...those].join('\n');
        const { program, diagnostics } = check(entry(text(rules)), nothing, undefined);
        fc.pre(program !== undefined);
        if (program === undefined) return;
        const all = told(program);
        const about = (line: number): string[] =>
          diagnostics
            .filter(
              ({ labels: [{ span }] }) =>
                positionOf(span.source, span.start).line === line + 1 + UPLINKS.length,
            )
            .map(({ slug }) => slug);
        let left = rules.map((_, index) => index);
        const without = (index: number): number[] => left.filter((other) => other !== index);
        const sameWithout = (index: number): boolean => {
          const rest = without(index).map((other) => rules[other] as string);
          const less = understand(entry(text(rest)), nothing, undefined).program;
          return less !== undefined && told(less).join() === all.join();
        };
        const reached = rules.map((_, index) => isReached(program, index));
        reached.forEach((its, index) => {
          const what = `${rules[index]} among ${rules.join(' | ')}`;
          expect(about(index).includes('shadowed-rule'), what).toBe(!its);
          if (!its) left = without(index);
        });
        for (const index of [...left].reverse()) {
          const same = sameWithout(index);
          if (/^route (ipv4 )?via main$/.test(rules[index] as string)) continue;
          const what = `${rules[index]} among ${rules.join(' | ')}`;
          expect(about(index).includes('redundant-rule'), what).toBe(same);
          if (same) left = without(index);
        }
      }),
      RUNS,
    );
  });
});

/** What the words of a match say of a packet of the small world, read by another way than the parser's. */
function fits(words: string, { family, device: from, source, protocol, port }: Packet): boolean {
  const has = (word: RegExp): boolean => word.test(words);
  const name = NAMES.find((each) => device(each) === from) ?? '';
  const hosts =
    /(?:host|from) (not )?([\d.:a-f/, ]+?)(?= in| tcp| udp| not| icmp| ipv4| via|$)/.exec(words);
  if (has(/ipv4|icmp/) && family !== 4) return false;
  if (hosts !== null) {
    const [, negated, list = ''] = hosts;
    if ((list.includes(':') ? 6 : 4) !== family) return false;
    const last = Number(source) - 0x0a00_0000;
    const inside =
      family === 6
        ? source === (0x2001_0db8n << 96n) + 1n
        : list.includes('/30')
          ? last >= 0 && last < 4
          : list.split(', ').some((each) => each.trim() === `10.0.0.${last}`);
    if (inside === (negated !== undefined)) return false;
  }
  if (has(/in a( |$)/)) {
    if (name !== 'eth1') return false;
  } else if (BROUGHT.includes(name)) return false;
  if (has(/in lan0/) && name !== 'lan0') return false;
  if (has(/in not lan0/) && name === 'lan0') return false;
  if (has(/in lan\*/) && !name.startsWith('lan')) return false;
  if (has(/not tcp/)) return protocol !== 6;
  if (has(/icmp/)) return protocol === 1;
  if (has(/tcp,udp/)) return [6, 17].includes(Number(protocol)) && [80, 81].includes(Number(port));
  if (has(/tcp not 80/)) return protocol === 6 && port !== 80;
  if (has(/tcp 80/)) return protocol === 6 && port === 80;
  if (has(/tcp/)) return protocol === 6;
  return !has(/udp/) || protocol === 17;
}
const NAMES = ['lan0', 'lan1', 'eth1', 'eth2', 'x'];
const BROUGHT = ['eth1', 'eth2'];

describe('on any expectations of a small world', () => {
  const answer = fc.constantFrom(
    ...['via a', 'via a nonat', 'via a masquerade', 'via b', 'via a, b', 'via b masquerade, a'],
    ...['main', 'drop', 'unreachable'],
  );
  const downs = fc.constantFrom('', '', 'while a down', 'while a, b down', 'while b, a');
  const wanted = fc.record({ words: match, answer, downs });
  /** Each uplink that may be, and the NAT that is named; what is no uplink is itself. */
  const meant = (text: string): [string, string][] =>
    text
      .replace('via ', '')
      .split(', ')
      .map((each) => each.split(' '))
      .map(([name = '', nat = '']): [string, string] => [name, nat])
      .sort();
  const agree = (one: string, other: string): boolean => {
    const [its, those] = [meant(one), meant(other)];
    if (its.length !== those.length) return false;
    return its.every(([name, nat], index) => {
      const [its2 = '', nat2 = ''] = those[index] ?? [];
      return name === its2 && (nat === '' || nat2 === '' || nat === nat2);
    });
  };
  const same = (one: string, other: string): boolean => {
    const names = (text: string): string => (text.match(/\b[ab]\b/g) ?? []).sort().join();
    return names(one) === names(other);
  };

  it('what contradicts what is above it is said to, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(wanted, { minLength: 2, maxLength: 5 }), (expects) => {
        const texts = expects.map((each) =>
          `expect ${each.words} ${each.answer} ${each.downs}`.replace(/ +/g, ' ').trimEnd(),
        );
        const { program, diagnostics } = check(
          entry([...UPLINKS, ...texts].join('\n')),
          nothing,
          undefined,
        );
        fc.pre(program !== undefined);
        const lines = diagnostics
          .filter(({ slug }) => slug === 'contradicting-expects')
          .map(({ labels: [{ span }] }) => positionOf(span.source, span.start).line);
        const contradicted = expects.flatMap((each, index) => {
          const above = expects
            .slice(0, index)
            .some(
              (other) =>
                same(each.downs, other.downs) &&
                !agree(each.answer, other.answer) &&
                PACKETS.some((packet) => fits(each.words, packet) && fits(other.words, packet)),
            );
          return above ? [index + 1 + UPLINKS.length] : [];
        });
        expect(lines.sort(), texts.join(' | ')).toEqual(contradicted);
      }),
      RUNS,
    );
  });
});

describe('on any rules of a small world', () => {
  it('an uplink that nothing reaches is named, and what falls through to main, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 6 }), (rules) => {
        const { program, diagnostics } = check(
          entry([...UPLINKS, ...rules].join('\n')),
          nothing,
          undefined,
        );
        fc.pre(program !== undefined);
        if (program === undefined) return;
        const what = rules.join(' | ');
        const takenBy = (packet: Packet): number => {
          const { rule: taken } = evaluate(program, packet, new Set());
          return [...program.forwarded].findIndex(({ text }) => text === taken?.text);
        };
        const taken = PACKETS.map((packet) => [packet, takenBy(packet)] as const);
        const unreached = ['a', 'b', 't'].filter((name) => {
          const leads = rules.flatMap((text, index) =>
            new RegExp(`via .*\\b${name}\\b`).test(text) ? [index] : [],
          );
          // The ones have no way for IPv6.
          const its = taken.filter(([{ family }]) => name === 't' || family === 4);
          const some = leads.some((lead) =>
            its.some(([packet]) => fits((rules[lead] ?? '').replace(/via.*/, ''), packet)),
          );
          return some && !its.some(([, index]) => leads.includes(index));
        });
        const said = diagnostics.filter(({ slug }) => slug === 'unreached-uplink');
        const names = said.map(({ message }) => /`(\w+)`/.exec(message)?.[1]);
        expect(names.sort(), what).toEqual(unreached);
        const forwarded = taken.filter(
          ([packet]) => !BROUGHT.some((each) => device(each) === packet.device),
        );
        const whole = ([{ family }, index]: (typeof taken)[number], of: number): boolean =>
          family !== of || index >= 0;
        const all = [4, 6].some((of) =>
          forwarded
            .filter(([{ protocol }]) => protocol === 6 || protocol === 17)
            .every((each) => whole(each, of)),
        );
        const left = forwarded.some(([, index]) => index < 0);
        const through = diagnostics.some(({ slug }) => slug === 'left-to-main');
        expect(through, what).toBe(all && left);
      }),
      RUNS,
    );
  });
});

/** Whether a packet of the small world comes to a statement. */
function isReached(program: Program, index: number): boolean {
  return PACKETS.some((packet) => {
    const { rule: taken } = evaluate(program, packet, new Set());
    if (taken === undefined) return false;
    // Of rules with the same words only the first can be reached.
    return [...program.forwarded].findIndex(({ text }) => text === taken.text) === index;
  });
}
