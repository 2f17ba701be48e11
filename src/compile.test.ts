import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { format } from '../grammar/format.ts';
import { type Compiled, check, compile } from './compile.ts';
import { comment } from './emit/comment.ts';
import { readManifest } from './emit/manifest/read-manifest.ts';
import { readMap } from './emit/map/read-map.ts';
import { emitNftables } from './emit/nftables/emit-nftables.ts';
import type { Lock, Rule } from './model/program.ts';
import type { Read } from './policy/load.ts';
import { applyFixes } from './text/apply-fixes.ts';
import type { Diagnostic } from './text/diagnostic.ts';
import { renderConcise } from './text/render-concise.ts';
import { renderGithub } from './text/render-github.ts';
import { renderJson } from './text/render-json.ts';
import { renderPretty } from './text/render-pretty.ts';
import { renderSarif } from './text/render-sarif.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 500) };

/** Of properties that compile many times each. */
const FEWER = { numRuns: Math.ceil(RUNS.numRuns / 5) };

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const nothing: Read = () => ({ refused: 'there is no such file' });
const entry = (text: string | Uint8Array) => ({
  name: 'policy.route',
  base: 'policy',
  bytes: typeof text === 'string' ? encode(text) : text,
});

/** Compiles a text that must be sound; warnings are fine. */
function sound(text: string, lock?: Lock, read: Read = nothing): Compiled {
  const out = compile(entry(text), read, lock);
  expect(out.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(out.artefacts.length).toBeGreaterThan(0);
  return out;
}

function artefact({ artefacts }: Compiled, suffix: string): string {
  const found = artefacts.find((each) => each.suffix === suffix);
  if (found === undefined) throw new Error(`there is no ${suffix}`);
  return found.text;
}

/** The lock as the next compile reads it. */
function lockOf(out: Compiled): Lock {
  const manifest = readManifest(artefact(out, 'manifest.json'));
  if ('wrong' in manifest) throw new Error(manifest.wrong);
  return manifest.lock;
}

const POLICY = `
option mark-mask 0xff0
set lan = 192.168.0.0/24, 2001:db8:0:1::/64
set web = 80, 443
uplink cable dev eth2 gateway 198.51.100.1, fe80::1 masquerade
uplink dsl dev eth3 gateway 203.0.113.1 address 203.0.113.2/24, 203.0.113.16/28 snat 203.0.113.2
uplink home dev wg0 nonat
route from 192.168.0.1 via main
route from @lan tcp @web via cable
route host 192.168.0.228 tcp 80 via dsl snat 203.0.113.17
route from 192.168.0.0/25 to 198.51.100.128-198.51.100.200 udp sport 5060 via dsl
route in lan0, wlan* dscp ef via home masquerade
route in lan0 mac 00:00:5e:00:53:01, 00:00:5e:00:53:02 via drop
route icmp echo-request mark 0x1/0x3 via reject
route not tcp via cable snat 198.51.100.2-198.51.100.9
route via home
`;

/** What such a policy is made of; a random one mixes them. */
const UPLINKS = [
  'uplink u0 dev eth0 gateway 192.0.2.1',
  'uplink u1 dev eth1 gateway 198.51.100.1, fe80::1 masquerade',
  'uplink u2 dev eth2 snat 203.0.113.2',
  'uplink u3 dev ppp0',
  'uplink u4 dev eth4 gateway 2001:db8::1 nonat',
  'uplink u5 dev eth5.100 gateway 192.0.2.129 address 192.0.2.130/25 snat 192.0.2.130',
];
const MATCHES = [
  'from 192.168.0.0/24',
  'from not 10.0.0.0/8',
  'host 192.168.0.228 tcp 80',
  'tcp,udp 53',
  'tcp not 80',
  'icmp',
  'icmpv6 echo-request',
  'in lan0',
  'in lan*',
  'in not lan0',
  'dscp ef',
  'mark 0x1',
  'mark not 0x1/0x3',
  'from @nets to 203.0.113.0/24',
  'from 2001:db8::/32',
  'mac 00:00:5e:00:53:01',
  'proto gre, esp',
  'udp sport 1000-2000',
  'not tcp',
  '',
];
const NATS = [
  '',
  '',
  ' masquerade',
  ' nonat',
  ' snat 203.0.113.9',
  ' snat 203.0.113.9-203.0.113.12',
];

const numberOf = (line: string): string => /^uplink (u\d)/.exec(line)?.[1] as string;
const policy = fc
  .record({
    uplinks: fc.shuffledSubarray(UPLINKS.slice(0, 5), { minLength: 1 }),
    rules: fc.array(fc.tuple(fc.constantFrom(...MATCHES), fc.nat(9), fc.constantFrom(...NATS)), {
      maxLength: 8,
    }),
  })
  .map(({ uplinks, rules }) =>
    [
      'set nets = 192.168.0.0/16, 2001:db8::/48',
      ...uplinks,
      ...rules.map(([matches, target, nat]) => {
        const uplink = uplinks[target];
        if (uplink === undefined) {
          return `route ${matches} via ${['main', 'drop', 'reject'][target % 3]}`;
        }
        const six = uplink.includes('gateway 2001:') || /icmpv6|2001:/.test(matches);
        const its = six && nat.includes('snat') ? '' : nat;
        return `route ${matches} via ${numberOf(uplink)}${its}`;
      }),
    ].join('\n'),
  );

describe('equal input, equal output', () => {
  it('the same text gives the same bytes', () => {
    expect(sound(POLICY).artefacts).toEqual(sound(POLICY).artefacts);
    fc.assert(
      fc.property(policy, (text) => {
        expect(sound(text).artefacts).toEqual(sound(text).artefacts);
      }),
      FEWER,
    );
  });

  it("compiling over one's own output changes no byte", () => {
    const first = sound(POLICY);
    expect(sound(POLICY, lockOf(first)).artefacts).toEqual(first.artefacts);
    fc.assert(
      fc.property(policy, (text) => {
        const out = sound(text);
        expect(sound(text, lockOf(out)).artefacts).toEqual(out.artefacts);
      }),
      FEWER,
    );
  });

  it('comments, blanks, ends of lines and a byte order mark change no byte but of the map', () => {
    const lines = POLICY.trim().split('\n');
    const odd = `\ufeff# odd\r\n${lines.join('   # comment\r\n\r\n\t')}`;
    const without = ({ artefacts }: Compiled) =>
      artefacts.filter(({ suffix }) => suffix !== 'map.json');
    expect(without(sound(odd))).toEqual(without(sound(POLICY)));
  });

  it('formatting changes no byte but of the map, and no id there', () => {
    const ids = (out: Compiled) => readMap(artefact(out, 'map.json'))?.ids;
    fc.assert(
      fc.property(policy, (text) => {
        const result = format({ name: 'policy.route', text: `\n${text}`, quotable: true });
        const neat = 'text' in result ? result.text : '';
        expect(neat).not.toBe('');
        const [one, other] = [sound(text), sound(neat)];
        expect(ids(other)).toEqual(ids(one));
        const without = ({ artefacts }: Compiled) =>
          artefacts.filter(({ suffix }) => suffix !== 'map.json');
        expect(without(other)).toEqual(without(one));
      }),
      FEWER,
    );
  });

  it('the manifest comes last, and names each file once', () => {
    const { artefacts } = sound(POLICY);
    const suffixes = artefacts.map(({ suffix }) => suffix);
    expect(suffixes.at(-1)).toBe('manifest.json');
    expect(new Set(suffixes).size).toBe(suffixes.length);
  });
});

describe('identity', () => {
  /** All that names an uplink on the machine, and each outcome. */
  const numbers = (text: string, lock: Lock | undefined): Map<string, unknown> => {
    const { program } = check(entry(text), nothing, lock);
    const out = new Map<string, unknown>();
    for (const { name, slot, inbound, choiceTable, ownTable } of program?.uplinks ?? []) {
      out.set(`uplink ${name}`, { slot, inbound, choiceTable, ownTable });
    }
    for (const { key, number, priorities } of program?.slots ?? [])
      out.set(key, { number, priorities });
    return out;
  };

  it('adding, moving and removing lines renumbers no other uplink', () => {
    fc.assert(
      fc.property(fc.array(policy, { minLength: 2, maxLength: 5 }), (steps) => {
        let lock: Lock | undefined;
        let before = new Map<string, unknown>();
        for (const text of steps) {
          const after = numbers(text, lock);
          for (const [key, its] of after) {
            if (before.has(key)) expect([key, its]).toEqual([key, before.get(key)]);
          }
          lock = lockOf(sound(text, lock));
          before = after;
        }
      }),
      FEWER,
    );
  });

  it('what was taken out and is put back has its numbers again', () => {
    fc.assert(
      fc.property(policy, policy, (text, other) => {
        const first = sound(text);
        const second = sound(other, lockOf(first));
        const third = numbers(text, lockOf(second));
        const expected = numbers(text, undefined);
        for (const [key, its] of third) {
          const slot = (each: unknown): unknown => (each as { number?: number }).number ?? '';
          expect([key, slot(its)]).toEqual([key, slot(expected.get(key))]);
        }
      }),
      FEWER,
    );
  });

  it('pinned numbers are those of the how-to', () => {
    const text = [
      'option mark-mask 0xff',
      'uplink dsl dev eth3 gateway 1.2.3.4 table 4 mark 0x4 snat 1.2.3.3',
      'route host 192.168.0.228 tcp 80 via dsl',
    ].join('\n');
    expect(numbers(text, undefined).get('uplink dsl')).toMatchObject({ slot: 4, choiceTable: 4 });
    expect(artefact(sound(text), 'ip')).toMatch(/fwmark 0x0*4\/0x0*ff lookup 4 /);
  });

  it('numbers that clash are an error that names both lines', () => {
    const text = 'uplink a dev eth0 mark 0x1000000\nuplink b dev eth1 mark 0x1000000\n';
    const { diagnostics, artefacts } = compile(entry(text), nothing, undefined);
    expect(artefacts).toEqual([]);
    expect(diagnostics).toMatchObject([{ slug: 'number-clash', labels: [{}, {}] }]);
    const lock = lockOf(sound('uplink a dev eth0\nuplink b dev eth1\n'));
    const pinned = 'uplink a dev eth0\nuplink b dev eth1\nuplink c dev eth2 mark 0x2000000\n';
    expect(compile(entry(pinned), nothing, lock).diagnostics).toMatchObject([
      { slug: 'number-clash', help: expect.stringContaining('`b`') },
    ]);
  });

  it('an uplink that is called like a verdict is not that verdict', () => {
    const text =
      'uplink a dev eth0\nuplink "main" dev eth1\nroute via a else main\nroute via a else "main"\n';
    const { slots } = lockOf(sound(text));
    expect(slots.map(({ key }) => key)).toEqual(
      expect.arrayContaining(['a or main', 'a else main']),
    );
  });

  it('a guard that changes under a reload is a warning', () => {
    const lock = lockOf(sound('uplink a dev eth0\n'));
    const changed = compile(entry('option mark-mask 0xff00\nuplink a dev eth0\n'), nothing, lock);
    expect(changed.diagnostics).toMatchObject([{ slug: 'guard-changed', severity: 'warning' }]);
  });

  it('with no number left it says so, and names the option', () => {
    const lines = Array.from({ length: 6 }, (_, index) => `uplink u${index} dev eth${index}`);
    const out = compile(entry(['option mark-mask 0xf', ...lines].join('\n')), nothing, undefined);
    expect(out.artefacts).toEqual([]);
    expect(out.diagnostics).toMatchObject([
      { slug: 'slots-used-up', help: expect.stringContaining('mark-mask') },
    ]);
  });
});

describe('artefacts', () => {
  const comments = (text: string): string[] =>
    text.split('\n').filter((line) => line.trim().startsWith('#'));

  it.each([
    ['exact look-ups', 'route from 192.0.2.1 via a', 'route from 192.0.2.2, 192.0.2.9 via a'],
    ['look-ups of ranges', 'route to 192.0.2.0/24 via a', 'route to 192.0.2.128/25 via main'],
    ['of several keys', 'route host 192.0.2.1 tcp 80 via a', 'route host 192.0.2.1 tcp 81 via a'],
    ['tests of devices', 'route in lan* via a', 'route in not lan0 via drop'],
    ['tests of code points', 'route dscp ef via a', 'route dscp not ef via reject'],
    ['tests of marks', 'route mark 0x1 via a', 'route mark not 0x2/0x3 via a'],
    ['protocols', 'route tcp via a', 'route not tcp, udp via a'],
    ['types', 'route icmp echo-request via a', 'route icmpv6 not echo-request via a'],
    ['one family', 'route ipv4 via a', 'route from 2001:db8::/32 via a'],
    ['translations', 'route tcp via a snat 192.0.2.9', 'route udp via a masquerade'],
    ['without a match', 'route via reject', 'route via a'],
  ])('two rules are carried as comments: %s', (_, first, second) => {
    const out = sound(`uplink a dev eth9\n${first}\n${second}\n`);
    const { program } = check(
      entry(`uplink a dev eth9\n${first}\n${second}\n`),
      nothing,
      undefined,
    );
    const ids = [...(program?.forwarded ?? [])].map(({ id }) => id);
    expect(ids[0]).not.toBe(ids[1]);
    const carried = comments(artefact(out, 'nft'));
    [first, second].forEach((text, index) => {
      const its = carried.filter((line) => line.includes(text));
      expect(its.length).toBeGreaterThan(0);
      expect(its.every((line) => line.includes(ids[index] as string))).toBe(true);
      const map = readMap(artefact(out, 'map.json'));
      expect(map?.rules.get(ids[index] as string)).toEqual([
        { file: 'policy.route', line: 2 + index, text },
      ]);
    });
  });

  it('uplinks and outcomes are carried as comments of the ip files', () => {
    const out = sound(POLICY);
    expect(comments(artefact(out, 'uplink.cable.ip')).join('\n')).toContain(
      'uplink cable dev eth2 gateway 198.51.100.1, fe80::1 masquerade',
    );
    const carried = comments(artefact(out, 'ip'));
    for (const key of ['cable', 'dsl inbound', 'dsl snat 203.0.113.17', 'home masquerade']) {
      expect(carried).toContain(`# ${key}`);
    }
  });

  it('what a policy quotes never leaves its comment', () => {
    const name = 'x\\\\\\" } ; $ `id` \u0085 \u2028 \u009b31m \u00e9';
    const text = `set lan from "${name}"\nuplink a dev "eth0"\nroute from @lan via "a"\n`;
    const out = sound(text, undefined, () => ({ bytes: encode('192.0.2.1\n'), quotable: true }));
    for (const { suffix, text: its } of out.artefacts) {
      if (suffix !== 'map.json') expect(its).toMatch(/^[\n\t -~]*$/);
    }
    expect(comment(`${name}\n\r\u0000`)).toMatch(/^[ -~]*$/);
    expect(comment('x'.repeat(100_000)).length).toBeLessThan(400);
  });

  it('are visible ASCII, and end with a newline', () => {
    fc.assert(
      fc.property(policy, (text) => {
        for (const { text: its } of sound(text).artefacts) {
          expect(its).toMatch(/^[\n\t -~]*\n$/);
          expect(its).not.toMatch(/undefined|\[object|NaN|&(amp|lt|gt|quot|#x)/);
        }
      }),
      FEWER,
    );
  });

  it.each([
    ['in lan0*, lan1*', ['"lan0*"', '"lan1*"']],
    ['in wan1*, wan2', ['"wan1*"', '"wan2"']],
    ['in aaaaaaaaaaaaaa1, aaaaaaaaaaaaaa2', ['"aaaaaaaaaaaaaa1"', '"aaaaaaaaaaaaaa2"']],
    ['in lan0, wlan*', ['"lan0"', '"wlan*"']],
  ])('devices whose names follow one another stay apart: %s', (matches, names) => {
    const nft = artefact(sound(`uplink a dev eth9\nroute ${matches} via a\n`), 'nft');
    for (const name of names) expect(nft).toContain(name);
    expect(nft).not.toContain('iifname != @');
    expect(nft).not.toMatch(/"\*"|\*\*/);
  });

  it('a rule that became several tests is named before the first of them alone', () => {
    const rules = Array.from({ length: 150 }, (_, at) =>
      at % 2 === 0 ? `route to 10.0.${at}.0/24 via a` : `route from 10.${at}.0.0/16, @sites via a`,
    );
    const head = 'uplink a dev eth9 gateway 192.0.2.1\nset sites domains example.org\n';
    const text = `${head}${rules.join('\n')}\n`;
    const compiled = compile(entry(text), nothing, undefined);
    const named = comments(artefact(compiled, 'nft')).filter((line) => line.includes('route'));
    expect(named.length).toBeGreaterThanOrEqual(rules.length);
    expect(named.filter((line, at) => line === named[at - 1])).toEqual([]);
  });

  it('no number of rules is too large', () => {
    const { program } = check(entry('uplink a dev eth9\nroute via a\n'), nothing, undefined);
    if (program === undefined) throw new Error('it is sound');
    const [only] = program.forwarded;
    const forwarded = Array.from({ length: 140_000 }, (_, index): Rule => {
      const point = 0x0a000000 + 2 * index;
      const { id, text, place, target } = only as Rule;
      return { id, text, place, target, boxes: [{ family: 4, source: [[point, point]] }] };
    });
    const { artefacts, lookUps } = emitNftables({ ...program, forwarded }, 'policy');
    expect(lookUps.map(({ rules }) => rules.length)).toEqual([forwarded.length]);
    expect(artefacts[0]?.text.split('\n').length).toBeGreaterThan(forwarded.length);
  });
});

/** Of any compile: nothing is written where there is an error, and all findings can be shown. */
function expectOrderly({ diagnostics, artefacts }: Compiled): void {
  if (diagnostics.some(({ severity }) => severity === 'error')) expect(artefacts).toEqual([]);
  else expect(artefacts.length).toBeGreaterThan(0);
  for (const { message, labels, help, fix } of diagnostics) {
    expect(message).not.toBe('');
    for (const { span } of labels) {
      expect(span.start).toBeGreaterThanOrEqual(0);
      expect(span.end).toBeGreaterThanOrEqual(span.start);
      expect(span.end).toBeLessThanOrEqual(span.source.text.length);
    }
    const said = [message, help ?? '', ...labels.map(({ text }) => text)].join('\n');
    expect(said).not.toMatch(/undefined|\[object|NaN/);
    for (const { span } of fix?.edits ?? []) {
      expect(span.source.quotable).toBe(true);
      expect(0 <= span.start && span.start <= span.end).toBe(true);
      expect(span.end).toBeLessThanOrEqual(span.source.text.length);
    }
  }
  expect(renderConcise(diagnostics).split('\n')).toHaveLength(diagnostics.length + 1);
  expect(JSON.parse(renderJson(diagnostics)).diagnostics).toHaveLength(diagnostics.length);
  renderPretty(diagnostics);
  expect(renderGithub(diagnostics).split('\n')).toHaveLength(diagnostics.length + 1);
  expect(JSON.parse(renderSarif(diagnostics, '', () => undefined)).runs[0].results).toHaveLength(
    diagnostics.length,
  );
}

describe('any text', () => {
  const words =
    'uplink set route forward expect option include dev gateway address table mark weight mtu-clamp ' +
    'check from via else host to in sport mac dscp user proto not cgroup time tcp udp sctp icmp icmpv6 ' +
    'local ipv4 ipv6 main drop reject balance by snat masquerade nonat on while ping http every timeout ' +
    'down up flow source source-destination domains unreachable dhcp mark-mask priority protocol group ' +
    'counters failback off never new-flows now cable dsl lan web eth0 eth1 ppp0 u0 u1 a';
  const values = [
    ...['192.0.2.1', '192.0.2.0/24', '192.0.2.1-192.0.2.9', '2001:db8::1', '2001:db8::/32', '::/0'],
    ...['0.0.0.0/0', '10.0.0.5/8', '1.2.3', '192.168.010.1', '0', '1', '4', '80', '80-90', '65536'],
    ...['0x4', '0xff', '0xf', '0x1/0x1', '0xffffffff', '0x7f000000', '4294967295', '253', '6001'],
    ...['@lan', '@web', '@x', '"lan.list"', '"one.route"', '"x"', '""', '"a b"', 'lan*', '*', 'ef'],
    ...['00:00:5e:00:53:01', '09:00-17:00', 'mon-fri', 'echo-request', '192.0.2.1:80', '[::1]:80'],
    ...['ROUTE', 'VIA', 'From', 'HTTP', 'EF', '00-00-5e-00-53-01', '\u00a0', '\u200b', 'x.route'],
    ...[
      '# routec: allow no-way\n',
      '# routec: allow RC505, RC101 # x\n',
      '#routec:',
      '# routec: allow',
    ],
    ...[
      '{',
      '}',
      ',',
      '=',
      '\\',
      '\\\n',
      '#',
      '\n',
      '\r\n',
      '\u0000',
      '\u00e9',
      '\ud83d\ude00',
      '"',
    ],
    ...['constructor', 'valueOf', 'hasOwnProperty', 'toString', 'prototype', 'get'],
  ];
  const token = fc.constantFrom(...words.split(' '), ...values);
  const soup = fc.array(token, { maxLength: 40 }).map((tokens) => tokens.join(' '));

  const statements = [...UPLINKS, ...POLICY.trim().split('\n')].concat([
    'set cycle = @cycle',
    'set lan from "lan.list"',
    'include "one.route"',
    'uplink d dev eth8 gateway dhcp mtu-clamp check ping 203.0.113.1 every 5s',
    'route via balance u0 2, u1 masquerade by source else reject',
    'forward tcp 443 on cable to 192.168.0.10:443',
    'expect tcp 443 via cable, dsl while home down',
    'route local user root time 09:00-17:00 mon-fri via u1',
    'option failback never',
    'option priority 7000',
  ]);
  /** Sound statements in any order, some of their tokens moved, dropped, doubled or replaced. */
  const mutated = fc
    .array(
      fc.tuple(
        fc.constantFrom(...statements),
        fc.array(fc.tuple(fc.nat(3), fc.nat(20), token), { maxLength: 2 }),
      ),
      { maxLength: 10 },
    )
    .map((lines) =>
      lines
        .map(([line, changes]) => {
          const tokens = line.split(/(?<=,)| /);
          for (const [how, where, other] of changes) {
            const at = where % tokens.length;
            if (how === 0) tokens.splice(at, 1);
            else if (how === 1) tokens.splice(at, 0, other);
            else if (how === 2) tokens[at] = other;
            else tokens.push(...tokens.splice(at, 1));
            if (tokens.length === 0) tokens.push('');
          }
          return tokens.join(' ');
        })
        .join('\n'),
    );

  const any = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.string({ unit: 'binary', maxLength: 60 }),
    soup,
    mutated,
  );
  const file = fc.oneof(
    fc.record({ bytes: fc.oneof(any.map(encode), fc.uint8Array()), quotable: fc.boolean() }),
    fc.constant({ refused: 'permission denied' }),
  );

  it('never makes it throw, and leaves no artefact where there is an error', () => {
    fc.assert(
      fc.property(any, file, (text, read) => {
        expectOrderly(compile(entry(text), () => read, undefined));
      }),
      RUNS,
    );
  });

  it('fixes come to an end', () => {
    fc.assert(
      fc.property(any, file, (text, read) => {
        let now = text;
        for (let round = 0; round < 100; round += 1) {
          const { diagnostics } = compile(entry(now), () => read, undefined);
          const own = diagnostics.filter(({ labels: [{ span }] }) => {
            return span.source.name === 'policy.route';
          });
          const [after] = applyFixes(own).texts.values();
          if (after === undefined) return;
          expect(after).not.toBe(now);
          now = after;
        }
        expect.unreachable('there is always something to fix');
      }),
      RUNS,
    );
  });

  it('in bytes that are no text neither', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), file, (bytes, read) => {
        expectOrderly(compile(entry(bytes), () => read, undefined));
      }),
      RUNS,
    );
  });

  it('over any lock neither, and over its own nothing changes', () => {
    fc.assert(
      fc.property(mutated, policy, (text, other) => {
        const lock = lockOf(sound(other));
        const out = compile(entry(text), nothing, lock);
        expectOrderly(out);
        if (out.artefacts.length === 0) return;
        const again = compile(entry(text), nothing, lockOf(out));
        expect(again.artefacts).toEqual(out.artefacts);
      }),
      FEWER,
    );
  });

  it.each(['constructor', 'valueOf', 'hasOwnProperty', 'toString', 'isPrototypeOf'])(
    'a name that JavaScript knows is no option: %s',
    (name) => {
      const { diagnostics } = compile(
        entry(`option ${name} 1\nroute via main\n`),
        nothing,
        undefined,
      );
      expect(diagnostics).toMatchObject([{ slug: 'unknown-option' }]);
    },
  );

  it.each(['constructor', 'valueOf', 'hasOwnProperty', 'toString', 'prototype'])(
    'it is an uplink, a set, a device or nothing, as any other: %s',
    (name) => {
      const out = sound(
        `uplink ${name} dev eth0\nset ${name} = 192.0.2.1\nroute from @${name} via ${name}\n`,
      );
      expect(lockOf(out).slots.map(({ key }) => key)).toEqual([name, `${name} inbound`]);
      for (const line of [`route tcp ${name} via main`, `route dscp ${name} via main`]) {
        expect(compile(entry(line), nothing, undefined).artefacts).toEqual([]);
      }
    },
  );
});

describe("files outside of the policy's folder", () => {
  const SECRETS = ['hunter2', '198.51.100.77', '47123'];
  const OUTSIDE = [
    'uplink hunter2 dev eth9 gateway 198.51.100.77',
    'uplink hunter2 dev eth9 gateway 198.51.100.77 address 198.51.100.77/30 snat 198.51.100.77',
    'uplink hunter2 dev eth9 gateway 198.51.100.77 table 47123 mark 47123',
    'uplink hunter2 dev eth1 mark 0x1000000 table 7',
    'uplink a dev hunter2',
    'uplink hunter2',
    'set hunter2 = 198.51.100.77',
    'set shared = 198.51.100.77',
    'set shared = 47123',
    'set shared = hunter2',
    'route via hunter2',
    'route from @hunter2 via hunter2',
    'route from 198.51.100.77 tcp 47123 via main',
    'route tcp hunter2 via main',
    'hunter2',
    'route via main hunter2',
    'route via "hunter2',
    'root:hunter2:47123:0:99999:7:::',
    'option hunter2 1',
    'option priority 47123',
    'option mark-mask hunter2',
    'include "hunter2"',
    'expect via hunter2',
    'forward tcp 47123 on hunter2 to 198.51.100.77:80',
    'route from 198.51.100.77/8 via eth9',
    'hunter2\u0000',
    '{ hunter2',
    'HUNTER2 hunter2',
    'uplink hunter2 DEV eth9',
    'uplink hunter2 dev eth9 # routec: allow hunter2, no-way, RC101',
    'uplink hunter2 dev eth1 gateway 192.0.2.1 address 192.0.2.1/24',
    'uplink hunter2 dev eth9 gateway 198.51.100.77 address 198.51.100.77/24',
    'set hunter2 = 47123, 47123',
    'route tcp 47123,47123 tcp 47123,47123 via hunter2',
    'include hunter2',
  ];
  const LISTS = [
    '198.51.100.77\n',
    '47123\n',
    'hunter2\n47123\n',
    '198.51.100.77\n2001:db8::1\n198.51.100.77/8\n',
    '\n',
    'root:hunter2:0\n',
  ];
  const INSIDE = [
    'uplink a dev eth1 gateway 192.0.2.1 address 192.0.2.2/24',
    'uplink a dev eth1 gateway 192.0.2.1 address 192.0.2.2/24 snat @list',
    'uplink a dev eth1 mark 0x1000000 table 7',
    'uplink b dev eth9',
    'uplink c dev eth3 snat @shared',
    'set list from "/outside/list"',
    'set own = @shared, 80',
    'set own = 192.0.2.1, @list',
    'set shared = 192.0.2.1',
    'route from @list via a',
    'route host @list via a',
    'route tcp @list sport @list via a',
    'route from @shared via eth9',
    'route tcp @shared via a',
    'route via a snat @list',
    'route via a snat @shared',
    'route via eth9',
    'route via eth9 masquerade',
    'route via eth9 snat @list',
    'route via eth9 nonat',
    'route via eth9 snat 192.0.2.9',
    'route from 192.168.0.0/24 via eth9',
    'route from 198.51.100.0/26 via a',
    'route from 2001:db8::1 via eth9 snat 192.0.2.9',
    'forward tcp 80 on eth9 to [2001:db8::1]:80',
    'uplink d dev eth9 gateway 192.0.2.1',
    'route via a # routec: allow no-way',
    'route via hunter3',
    'route via huntre2',
    'route from @hunter3 via a',
    'route in hunter3 via a',
    'expect via hunter3 while huntre2',
    'forward tcp 80 on hunter3 to 192.0.2.1:80',
    'option mark-mask 0xf',
    'option priority 7000',
  ];

  function said(diagnostics: readonly Diagnostic[]): string {
    return [
      renderPretty(diagnostics),
      renderConcise(diagnostics),
      renderJson(diagnostics),
      renderGithub(diagnostics),
      renderSarif(diagnostics, '', () => undefined),
      ...diagnostics.flatMap(({ message, help, code, slug, labels }) => [
        ...[message, help ?? '', code, slug],
        ...labels.map(({ text }) => text),
      ]),
    ].join('\n');
  }
  function expectSecret(text: string, outside: string, list: string): void {
    const read: Read = (path) => {
      if (path === '/outside/policy') return { bytes: encode(outside), quotable: false };
      if (path === '/outside/list') return { bytes: encode(list), quotable: false };
      return { refused: 'there is no such file' };
    };
    const { diagnostics } = compile(entry(text), read, undefined);
    const all = said(diagnostics);
    for (const secret of SECRETS) expect(all).not.toContain(secret);
  }

  it('are never quoted in a diagnostic', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(INSIDE, { maxLength: 8 }),
        fc.shuffledSubarray(OUTSIDE, { maxLength: 4 }),
        fc.constantFrom(...LISTS),
        fc.boolean(),
        (inside, outside, list, first) => {
          const include = 'include "/outside/policy"';
          const lines = first ? [include, ...inside] : [...inside, include];
          expectSecret(lines.join('\n'), outside.join('\n'), list);
        },
      ),
      RUNS,
    );
  });

  const HIDDEN = 'uplink hunter2 dev eth9 gateway 198.51.100.77';
  it.each([
    ['the gateway that an uplink lacks', 'route via eth9', HIDDEN],
    ['a second uplink on a device', 'uplink b dev eth9', HIDDEN],
    [
      'an address that an uplink lacks',
      'set list from "/outside/list"\nuplink a dev eth1 address 192.0.2.2/24 snat @list',
      '',
    ],
    [
      'a target of an uplink',
      'set list from "/outside/list"\nuplink a dev eth1 address 192.0.2.2/24\nroute via a snat @list',
      '',
    ],
    [
      'marks that are used up',
      [
        'option mark-mask 0xf',
        ...[1, 2, 3, 4].map((index) => `uplink u${index} dev lan${index}`),
        ...[1, 2, 3].map((index) => `route ipv4 via eth9 snat 192.0.2.${index}`),
      ].join('\n'),
      HIDDEN,
    ],
    ['a name that is like it', 'route via hunter3\nexpect via hunter3', HIDDEN],
    ['a set that is like it', 'route from @hunter3 via main', 'set hunter2 = 192.0.2.1'],
    ['a mark that is taken', 'uplink a dev eth1 mark 0x1000000', `${HIDDEN} mark 0x1000000`],
    ['a line that is wrong', '', 'root:hunter2:47123:0:99999:7:::\nhunter2\n'],
  ])('by example: %s', (_, inside, outside) => {
    const list = '198.51.100.77\n';
    expectSecret(`include "/outside/policy"\n${inside}\n`, outside, list);
    expectSecret(`${inside}\ninclude "/outside/policy"\n`, outside, list);
  });

  it('file and line are shown all the same', () => {
    const { diagnostics } = compile(
      entry('include "/outside/policy"\n'),
      () => ({ bytes: encode('\nhunter2 x\n'), quotable: false }),
      undefined,
    );
    expect(renderConcise(diagnostics)).toMatch(/^\/outside\/policy:2:1: error\[RC005\]: /);
    expect(renderPretty(diagnostics)).toContain('/outside/policy:2:1');
  });
});
