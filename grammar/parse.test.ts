import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { positionOf, type Source } from '../src/text/source.ts';
import { parse } from './parse.ts';
import { keyword, RESERVED_WORDS } from './tokens.ts';
import type { ExpectStatement, Match, RouteStatement, Statement } from './tree.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 500) };

const sourceOf = (text: string): Source => ({ name: 'policy.route', text, quotable: true });

/** The statements of a text that must be sound. */
function statements(text: string): readonly Statement[] {
  const { statements: found, diagnostics } = parse(sourceOf(text));
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
  return [...found];
}

function one<K extends Statement['kind']>(kind: K, text: string): Extract<Statement, { kind: K }> {
  const [only, ...others] = statements(text);
  expect(others).toEqual([]);
  expect(only?.kind).toBe(kind);
  return only as Extract<Statement, { kind: K }>;
}

/** The first lines of all findings. */
function wrongLines(text: string): number[] {
  return parse(sourceOf(text)).diagnostics.map(({ labels: [{ span }] }) => {
    return positionOf(span.source, span.start).line;
  });
}

const GOOD = [
  'uplink dsl dev eth3',
  'uplink dsl dev eth3 gateway 192.0.2.1',
  'uplink dsl gateway 192.0.2.1, fe80::1 dev eth3',
  'uplink dsl dev eth3 gateway dhcp',
  'uplink dsl dev eth3 gateway {192.0.2.1, 2001:db8::1}',
  'uplink dsl dev eth3 gateway 192.0.2.1 address 192.0.2.2/24, 198.51.100.0/28',
  'uplink dsl dev eth3 table 4 mark 0x4 weight 3 mtu-clamp',
  'uplink dsl dev eth3 snat 192.0.2.3',
  'uplink dsl dev eth3 snat 192.0.2.3, 192.0.2.4-192.0.2.9, 2001:db8::5 weight 2',
  'uplink dsl dev eth3 snat { 192.0.2.3, 192.0.2.4, } weight 2',
  'uplink dsl dev eth3 snat @pool',
  'uplink dsl dev eth3 snat fd00:0:0:1::/64 to 2001:db8:a:1::/64',
  'uplink dsl dev eth3 masquerade check ping 203.0.113.1, 203.0.113.2 every 5s timeout 2s down 3 up 3',
  'uplink dsl dev eth3 nonat check tcp 203.0.113.1:443',
  'uplink dsl dev eth3 check http "http://example.com/?a=b" down 5',
  'uplink dsl dev eth3 check ping { 203.0.113.1, 203.0.113.2 } up 1',
  'uplink "http" dev "eth 0"',
  'uplink 4g dev wwan0',
  'uplink cable-2_b dev eth0.100@if5',
  'uplink ping dev down',
  'set lan = 192.168.0.0/24',
  'set lan = 192.168.0.0/24, 10.0.0.0-10.0.0.9, 2001:db8::/32',
  'set lan = { 192.168.0.0/24, @other, "quoted" }',
  'set web = 80, 443, http, 8000-8080',
  'set macs = 00:00:5e:00:53:01',
  'set lan from "lan.list"',
  'set video domains example.com, video.example.net',
  'set domains domains { example.com }',
  'set source = 192.0.2.1',
  'route via main',
  'route host 192.168.0.228 tcp 80 via eth3 snat 1.2.3.3',
  'route from 192.168.0.0/24, @lan to not 198.51.100.0/24 via dsl',
  'route not from { 192.168.0.0/24, 10.0.0.0/8 } via drop',
  'route in lan0, wlan*, "eth 0" via dsl else cable else reject',
  'route tcp 80, 443 via dsl',
  'route tcp,udp 53 via dsl',
  'route tcp , udp not domain via dsl',
  'route tcp not 80 sport 1024-65535 via dsl',
  'route not tcp via dsl',
  'route tcp not from 192.0.2.1 via dsl',
  'route tcp http via dsl',
  'route sctp via dsl',
  'route icmp echo-request, 13 via dsl',
  'route icmpv6 not not-a-word via dsl',
  'route not icmp to 192.0.2.1 via dsl',
  'route proto gre, esp, 47, tcp, icmpv6 via dsl',
  'route proto not ospf via dsl',
  'route mac 00:00:5e:00:53:01, not-checked-here via dsl',
  'route dscp ef, af11, 12 via dsl',
  'route mark 0x10/0xff via dsl',
  'route local user root, 1000 via dsl',
  'route local cgroup "user.slice/a b" via dsl',
  'route local cgroup not "user.slice" via dsl',
  'route time 09:00-17:00 via dsl',
  'route time 22:00-06:00 mon-fri, sun via dsl',
  'route time not 22:00-06:00 { mon-fri } via dsl',
  'route ipv4 not ipv6 via dsl',
  'route not local via dsl',
  'route via dsl snat 192.0.2.3 else cable masquerade else lte nonat else drop',
  'route via balance cable 3, dsl 1',
  'route via balance cable 3, dsl by source else reject',
  'route via balance cable, dsl by flow',
  'route via balance cable 2 masquerade, dsl by source-destination else main',
  'route via balance cable snat 192.0.2.3, 192.0.2.4, dsl 2 snat @pool, lte',
  'route via balance cable snat { 192.0.2.3, 192.0.2.4 }, dsl',
  'route via balance source, flow by source',
  'forward tcp 443 on dsl to 192.168.0.10:443',
  'forward tcp,udp 53, 5300-5310 on dsl, cable to [2001:db8::10]:53',
  'forward tcp { 80, 443 } on { dsl, } to 192.168.0.10:8080',
  'option mark-mask 0xff',
  'option counters off',
  'option priority "6000"',
  'include "more.route"',
  'include "with \\"quotes\\" and \\\\.route"',
];

const EXPECTS = [
  'expect via dsl',
  'expect via dsl, cable',
  'expect via dsl snat 192.0.2.3, cable masquerade',
  'expect via dsl snat 192.0.2.3, 192.0.2.4, cable',
  'expect main',
  'expect drop',
  'expect reject',
  'expect unreachable',
  'expect tcp unreachable',
  'expect tcp 443 unreachable',
  'expect tcp not 443 unreachable',
  'expect icmp unreachable',
  'expect not icmpv6 unreachable',
  'expect time 09:00-17:00 unreachable',
  'expect time 09:00-17:00 mon-fri unreachable',
  'expect tcp 443 via cable, dsl',
  'expect host 192.168.0.228 tcp 80 to 203.0.113.80 via dsl snat 192.0.2.3',
  'expect from 192.168.0.10 udp 53 to 203.0.113.9 in lan0 while dsl down via cable',
  'expect while dsl via cable',
  'expect while dsl, cable via lte',
  'expect while dsl down, cable down unreachable',
  'expect while dsl, cable down drop',
  'expect via cable while dsl down',
  'expect via cable snat 192.0.2.3 while dsl, lte',
  'expect unreachable while dsl down, cable',
  'expect while dsl main while cable down',
  'expect while down down via up',
  'expect not tcp via dsl',
  'expect local user root via dsl',
];

describe('good lines', () => {
  it.each([...GOOD, ...EXPECTS])('%s', (line) => {
    const [word] = line.split(' ');
    one(word as Statement['kind'], line);
  });

  it('all of them in one file, with any ends of lines', () => {
    const lines = [...GOOD, ...EXPECTS];
    for (const end of ['\n', '\r\n', '\n\n# comment\n', ' # comment\r\n', '\t\n']) {
      const found = statements(lines.join(end));
      expect(found).toHaveLength(lines.length);
      expect(statements(lines.join(end) + end)).toHaveLength(lines.length);
      found.forEach(({ span: { source, start } }, index) => {
        expect(source.text.slice(start)).toMatch(lines[index]?.split(' ')[0] as string);
      });
    }
  });

  it('each may have its blanks broken over lines', () => {
    for (const line of [...GOOD, ...EXPECTS].filter((each) => !each.includes('"'))) {
      const [found] = statements(line.replaceAll(' ', ' \\\n  '));
      expect(found?.text).toBe(statements(line)[0]?.text);
      expect(statements(line.replaceAll(' ', '\\ \t\r\n'))[0]?.text).toBe(found?.text);
    }
  });

  it('each statement in canonical text is itself again', () => {
    for (const line of [...GOOD, ...EXPECTS]) {
      const text = statements(line)[0]?.text as string;
      expect(statements(text)[0]?.text).toBe(text);
      expect(text).not.toContain('\n');
    }
  });

  it.each(['', '\n', '\r\n\r\n', '   ', '# only a comment', '#', ' \\\n', '\n\n# x\n\n'])(
    'nothing at all: %j',
    (text) => {
      expect(statements(text)).toEqual([]);
    },
  );
});

describe('lists in braces', () => {
  it('go on over lines, with comments, empty lines and a last comma', () => {
    const text = [
      'set lan = {   # the first',
      '  192.168.0.0/24,',
      '',
      '  # a comment of its own, with a } and a {',
      '  192.168.1.0/24 , 192.168.2.0/24',
      '  , 10.0.0.0/8,   # the last',
      '}',
      'route from { 192.168.0.1,',
      '  192.168.0.2 } tcp { 80 } via dsl',
    ];
    for (const end of ['\n', '\r\n']) {
      const [set, route, ...others] = statements(text.join(end));
      expect(others).toEqual([]);
      expect(set).toMatchObject({ content: { list: { words: Array(4).fill({}) } } });
      expect(route?.text).toBe('route from { 192.168.0.1, 192.168.0.2 } tcp { 80 } via dsl');
    }
  });

  it('are known by the same text with a last comma and without', () => {
    const [one, other] = statements('route tcp { 80, } via a\nroute tcp {\n80 # a\n,\n} via a\n');
    expect(one?.text).toBe('route tcp { 80 } via a');
    expect(other?.text).toBe('route tcp { 80 } via a');
  });

  it('may be empty as far as the grammar goes', () => {
    expect(one('set', 'set lan = {}')).toMatchObject({ content: { list: { words: [] } } });
    expect(one('set', 'set lan = {\n # nothing\n}')).toMatchObject({
      content: { list: { words: [] } },
    });
  });

  it('a forgotten brace ends at the next statement', () => {
    const text = ['set lan = {', '  192.168.0.0/24,', 'route via main', 'uplink dsl dev eth3'];
    const { statements: found, diagnostics } = parse(sourceOf(text.join('\n')));
    expect([...found].map(({ kind }) => kind)).toEqual(['route', 'uplink']);
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]).toMatchObject({ slug: 'open-brace' });
    expect(wrongLines(text.join('\n'))).toEqual([1]);
  });

  it.each(['uplink', 'set', 'route', 'forward', 'expect', 'option', 'include'])(
    'a line with %s ends it',
    (word) => {
      const good = [...GOOD, ...EXPECTS].find((line) => line.startsWith(`${word} `)) as string;
      const text = `route via main\nroute from { 192.0.2.1,\n\n  ${good}\nroute via drop\n`;
      expect(wrongLines(text)).toEqual([2]);
      expect([...parse(sourceOf(text)).statements].map(({ text: line }) => line)).toEqual([
        'route via main',
        statements(good)[0]?.text,
        'route via drop',
      ]);
    },
  );

  it('an open brace at the end of the file is one finding', () => {
    expect(wrongLines('route via main\nset lan = { 192.0.2.1,\n\n')).toEqual([2]);
  });
});

describe('words', () => {
  const contextual = Object.keys(keyword).filter((word) => !RESERVED_WORDS.has(word));

  it('are reserved but for these', () => {
    expect(contextual.sort()).toEqual(
      [
        'ping http every timeout down up flow source source-destination domains unreachable',
      ].flatMap((words) => words.split(' ').sort()),
    );
  });

  it.each([...contextual, 'dhcp'])('%s is a name of uplinks and sets, and a value', (word) => {
    const text = [
      `uplink ${word} dev ${word}`,
      `set ${word} = ${word}`,
      `route from ${word}, @${word} in ${word} via ${word} else ${word}`,
      `route via balance ${word} 2, ${word} by flow`,
      `forward tcp ${word} on ${word} to 192.0.2.1:80`,
      `expect from ${word} via ${word} while ${word} down, ${word}`,
      `option ${word} ${word}`,
    ];
    expect(statements(text.join('\n'))).toHaveLength(text.length);
  });

  it.each([...RESERVED_WORDS])('%s must be quoted to be a value', (word) => {
    expect(wrongLines(`uplink ${word} dev eth0\nset x = ${word}\nroute via main`)).toEqual([1, 2]);
    expect(statements(`uplink "${word}" dev "${word}"\nset x = "${word}"`)).toHaveLength(2);
  });

  it.each([...RESERVED_WORDS])('%s as a value: the message says how to write it', (word) => {
    const { diagnostics } = parse(sourceOf(`set x = 192.0.2.1, ${word}`));
    expect(diagnostics[0]?.help).toContain(`"${word}"`);
  });

  it('that begin like words of the language are names', () => {
    const text = 'uplink mainline dev routes0\nset uplinks = inside\nroute via droplet';
    expect(statements(text)).toHaveLength(3);
    expect(statements('route from tcp0 via not-main')).toHaveLength(1);
  });

  it('are in lower case', () => {
    expect(wrongLines('Route via main\nroute VIA main\nroute via main')).toEqual([1, 2]);
  });
});

describe('trees', () => {
  const matches = (line: string): readonly Match[] => one('route', line).matches;
  const nat = (line: string): unknown => {
    const [tier] = (one('route', line) as RouteStatement).tiers;
    return tier?.kind === 'balance'
      ? tier.shares.map(({ uplink, weight, nat: its }) => [
          uplink.text,
          weight?.text,
          its?.kind === 'snat' ? its.addresses.words.map(({ text }) => text) : its?.kind,
        ])
      : undefined;
  };

  it('a comma after a translated address leads to an address or to the next uplink', () => {
    expect(nat('route via balance a snat 192.0.2.1, 192.0.2.2, b 3 snat @pool, c')).toEqual([
      ['a', undefined, ['192.0.2.1', '192.0.2.2']],
      ['b', '3', ['pool']],
      ['c', undefined, undefined],
    ]);
    expect(nat('route via balance a 2 snat 2001:db8::1, 2001:db8::2, 4g masquerade')).toEqual([
      ['a', '2', ['2001:db8::1', '2001:db8::2']],
      ['4g', undefined, 'masquerade'],
    ]);
    expect(nat('route via balance a snat { 192.0.2.1 }, b nonat')).toEqual([
      ['a', undefined, ['192.0.2.1']],
      ['b', undefined, 'nonat'],
    ]);
  });

  it('`not` stands in front of the match or of its list', () => {
    const [outer, inner] = matches('route not from 192.0.2.1 to not 192.0.2.2 via main');
    expect(outer).toMatchObject({ kind: 'from', outerNot: {} });
    expect(outer).not.toHaveProperty('innerNot');
    expect(inner).toMatchObject({ kind: 'to', innerNot: {} });
    expect(inner).not.toHaveProperty('outerNot');
    expect(matches('route tcp not 80 via main')).toMatchObject([{ innerNot: {}, list: {} }]);
    const [tcp, from] = matches('route tcp not from 192.0.2.1 via main');
    expect(tcp).not.toHaveProperty('list');
    expect(tcp).not.toHaveProperty('innerNot');
    expect(from).toMatchObject({ kind: 'from', outerNot: {} });
  });

  it('what an expectation asks', () => {
    const look = (line: string): unknown => {
      const { matches: asked, downs, answer } = one('expect', line) as ExpectStatement;
      return [
        asked.map(({ kind }) => kind),
        downs.map(({ text }) => text),
        answer.kind === 'via' ? answer.uplinks.map(({ uplink }) => uplink.text) : answer.kind,
      ];
    };
    expect(look('expect tcp unreachable')).toEqual([['transport'], [], 'unreachable']);
    expect(look('expect while a down, b via c, d while e')).toEqual([
      [],
      ['a', 'b', 'e'],
      ['c', 'd'],
    ]);
    expect(look('expect via a snat 192.0.2.1, b, c while down down')).toEqual([
      [],
      ['down'],
      ['a', 'b', 'c'],
    ]);
    expect(look('expect time 09:00-17:00 sun unreachable while a')).toEqual([
      ['time'],
      ['a'],
      'unreachable',
    ]);
  });

  it('quoted text is what stands in it', () => {
    expect(one('include', 'include "a \\"b\\" \\\\ # {c}, d"').path.text).toBe('a "b" \\ # {c}, d');
    expect(one('include', 'include "\u00e9\u4e16"').path.text).toBe('\u00e9\u4e16');
  });

  it('spans cover the words that they stand for', () => {
    const text = '# first\nroute host 192.0.2.1 tcp { 80,\n 443 } via dsl snat 192.0.2.9\n';
    const [route] = statements(text) as [RouteStatement];
    const cut = ({ start, end }: { start: number; end: number }): string => text.slice(start, end);
    expect(cut(route.span)).toBe(text.slice(8, -1));
    expect(cut(route.keyword)).toBe('route');
    expect(route.matches.map(({ span }) => cut(span))).toEqual([
      'host 192.0.2.1',
      'tcp { 80,\n 443 }',
    ]);
    expect(route.tiers.map(({ span }) => cut(span))).toEqual(['dsl snat 192.0.2.9']);
  });
});

const BAD = [
  'rout via main',
  'via main',
  '192.0.2.1',
  'uplink',
  'uplink dsl',
  'uplink dev eth3',
  'uplink dsl dev',
  'uplink dsl dev eth3 gateway',
  'uplink dsl dev eth3 gateway 192.0.2.1 198.51.100.1',
  'uplink dsl dev eth3 check',
  'uplink dsl dev eth3 check icmp 192.0.2.1',
  'uplink dsl dev eth3 check ping 192.0.2.1 every fast',
  'uplink dsl dev eth3 via main',
  'uplink @dsl dev eth3',
  'set = 192.0.2.1',
  'set lan',
  'set lan =',
  'set lan = 192.0.2.1 192.0.2.2',
  'set lan = 192.0.2.1,',
  'set lan = , 192.0.2.1',
  'set lan = { 192.0.2.1 192.0.2.2 }',
  'set lan = { , }',
  'set lan = { { 192.0.2.1 } }',
  'set lan = 192.0.2.1 }',
  'set lan == 192.0.2.1',
  'set lan from lan.list',
  'set lan domains',
  'set 4g = 192.0.2.1',
  'route',
  'route via',
  'route from 192.0.2.1',
  'route from via main',
  'route main',
  'route via main else',
  'route via dsl, cable',
  'route via dsl drop',
  'route via main snat 192.0.2.1',
  'route via dsl snat',
  'route via dsl snat pool',
  'route via dsl else balance a by',
  'route via balance',
  'route via balance dsl masquerade 3',
  'route via balance dsl by uplink',
  'route not not from 192.0.2.1 via main',
  'route tcp, 80 via main',
  'route icmp,tcp via main',
  'route cgroup system.slice via main',
  'route time via main',
  'route local 80 via main',
  'route via "dsl',
  'route via "d\\sl"',
  'route via d\u00fcsseldorf',
  'route via dsl \\ # comment',
  'route via dsl \u0000',
  'route via\rdsl',
  'route via dsl # a comment with a \r in it',
  'forward tcp on dsl to 192.0.2.1:80',
  'forward tcp 80 to 192.0.2.1:80',
  'forward icmp 8 on dsl to 192.0.2.1:80',
  'forward tcp 80 on dsl to web',
  'expect',
  'expect tcp 80',
  'expect via',
  'expect via dsl 3',
  'expect via dsl else cable',
  'expect while via dsl',
  'expect tcp drop reject',
  'option',
  'option counters',
  'option counters on off',
  'include',
  'include more.route',
  'include "a" "b"',
];

describe('wrong lines', () => {
  it.each(BAD)('%j is one finding, and its neighbours survive', (line) => {
    const text = `uplink a dev eth0\n${line}\nroute via a\n`;
    const { statements: found, diagnostics } = parse(sourceOf(text));
    expect([...found].map(({ text: its }) => its)).toEqual(['uplink a dev eth0', 'route via a']);
    expect(diagnostics).toHaveLength(1);
    expect(wrongLines(text)).toEqual([2]);
    // Just so without a line after it.
    expect(wrongLines(`uplink a dev eth0\r\n${line}`)).toEqual([2]);
  });

  it('all in one file: each on its own line, and every good line between survives', () => {
    for (const end of ['\n', '\r\n']) {
      const text = BAD.flatMap((line) => [line, 'route via main', '']).join(end);
      const lines = BAD.map((_, index) => 3 * index + 1);
      expect(wrongLines(text).sort((a, b) => a - b)).toEqual(lines);
      expect(parse(sourceOf(text)).statements).toHaveLength(BAD.length);
    }
  });

  it.each(BAD)('%j: the message says what is expected, in words', (line) => {
    const { diagnostics } = parse(sourceOf(line));
    for (const { message, labels, help } of diagnostics) {
      const texts = [message, ...labels.map(({ text }) => text), help ?? ''];
      expect(message).not.toBe('');
      expect(texts.join()).not.toMatch(/undefined|\[object|NaN/);
    }
  });

  it('a quoted text that does not end takes its line, and the lines that are joined to it', () => {
    expect(wrongLines('route from "lan \\\n via main\nroute "\\x" via "\nroute via main')).toEqual([
      1, 3,
    ]);
    expect(wrongLines('set lan = { "a, b }\nroute via main')).toEqual([1]);
  });

  it('a quoted text may be as long as a file, and end or not', () => {
    const long = 'x'.repeat(20_000_000);
    expect(statements(`include "${long}"`)).toHaveLength(1);
    expect(wrongLines(`include "${long}\nroute via main`)).toEqual([1]);
    for (const piece of ['\\"', '\\\\', '"x', '\\x"']) {
      expect(wrongLines(`include "${piece.repeat(1_000_001)}\nroute via main`)).toEqual([1]);
    }
  });

  it('spans lie inside the text, without a newline at its end too', () => {
    for (const line of BAD) {
      for (const { labels } of parse(sourceOf(line)).diagnostics) {
        for (const { span } of labels) {
          expect(span.start).toBeLessThanOrEqual(span.end);
          expect(span.end, line).toBeLessThanOrEqual(line.length);
        }
      }
    }
  });

  it('in a list over lines the finding stands where the fault is', () => {
    expect(wrongLines('set lan = {\n 192.0.2.1,\n 192.0.2.2 192.0.2.3\n}\nroute via main')).toEqual(
      [3],
    );
    expect(wrongLines('set lan = {\n 192.0.2.1,\n "open\n}\nroute via main')).toEqual([3]);
    expect(wrongLines('route \\\n from 192.0.2.1 \\\n to via main\nroute via main')).toEqual([3]);
  });

  it.each([
    ['rout via main', 'route'],
    ['uplink dsl dve eth3', 'dev'],
    ['uplink dsl dev eth3 gatway 192.0.2.1', 'gateway'],
    ['route form 192.0.2.1 via main', 'from'],
    ['route from 192.0.2.1 vai main', 'via'],
    ['route via dsl esle cable', 'else'],
  ])('%s: did you mean %s', (line, word) => {
    expect(parse(sourceOf(line)).diagnostics[0]?.help).toContain(`\`${word}\``);
  });

  it.each([
    ['set lan = 192.0.2.1 192.0.2.2', '192.0.2.1, 192.0.2.2'],
    ['route from 192.0.2.1 192.0.2.2 via main', '192.0.2.1, 192.0.2.2'],
    ['include more.route', 'quotes'],
    ['route from 192.0.2.1', 'via UPLINK'],
    ['uplink dsl', 'dev eth0'],
  ])('%s: what to write', (line, help) => {
    expect(parse(sourceOf(line)).diagnostics[0]?.help).toContain(help);
  });
});

describe('any text', () => {
  const token = fc.constantFrom(
    ...Object.keys(keyword),
    ...['{', '}', ',', '=', '"', '"a b"', '@x', 'x', '80', '192.0.2.1', '\\', '\\\n', '#', '\r'],
    ...['\u0000', '\u00e9', '\ud83d\ude00', '\ud83d', '2001:db8::1', '@', '09:00-17:00'],
  );
  const line = fc.array(token, { maxLength: 12 }).map((tokens) => tokens.join(' '));
  const lines = fc.array(fc.oneof(line, fc.constantFrom(...GOOD, ...EXPECTS, ...BAD)), {
    maxLength: 8,
  });

  it('never throws, and every span lies in the text', () => {
    fc.assert(
      fc.property(lines, fc.constantFrom('\n', '\r\n'), (some, end) => {
        const text = some.join(end);
        const { statements: found, diagnostics } = parse(sourceOf(text));
        const spans = [
          ...[...found].map(({ span }) => span),
          ...diagnostics.flatMap(({ labels }) => labels.map(({ span }) => span)),
        ];
        for (const { start, end: last } of spans) {
          expect(0 <= start && start <= last).toBe(true);
          expect(last).toBeLessThanOrEqual(text.length);
        }
      }),
      RUNS,
    );
  });

  it('a good line after any text that leaves nothing open is found', () => {
    fc.assert(
      fc.property(lines, fc.constantFrom(...GOOD, ...EXPECTS), (some, good) => {
        // A statement's word ends what is open but a `\`, which joins lines.
        const { statements: found } = parse(sourceOf(`${some.join('\n')}\n\n${good}\n`));
        expect([...found].at(-1)?.text).toBe(statements(good)[0]?.text);
      }),
      RUNS,
    );
  });

  it('finds no statement where there is none, in a long wrong list either', () => {
    const values = Array.from({ length: 3000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
    expect(wrongLines(`set lan = {\n${values.join(',\n')}\n192.0.2.1\n}\nroute via main`)).toEqual([
      3002,
    ]);
  });
});

describe('a file of a million errors', () => {
  it('is read to the first thousand of them, and nobody is blamed for what it declares later', () => {
    const text = `${'foo\n'.repeat(200_000)}uplink a dev eth0\n`;
    const { diagnostics, lost } = parse({ name: 'p.route', text, quotable: true });
    expect(diagnostics.length).toBe(1002);
    expect(diagnostics.at(-1)?.message).toMatch(/from here on the file is not read/);
    expect(lost).toContain('a');
  });
});
