import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Source } from '../src/text/source.ts';
import { lex } from './lex.ts';
import { type Parsed, parse } from './parse.ts';
import type { Statement } from './tree.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 200) };

const sourceOf = (text: string): Source => ({ name: 'p.route', text, quotable: true });

/** All that a parse says, trees that are made on demand among them; not what only helps to find them. */
function said({ statements, ...rest }: Parsed): unknown {
  const all = [...statements].map((statement: Statement) => {
    if (statement.kind !== 'route') return statement;
    const { kind, keyword, span, text, matches, tiers } = statement;
    return { kind, keyword, span, text, matches, tiers };
  });
  return JSON.parse(
    JSON.stringify({ ...rest, all }, (key, value) => (key === 'source' ? 'it' : value)),
  );
}

const expectSame = (text: string): void => {
  const source = sourceOf(text);
  expect(said(parse(source)), JSON.stringify(text)).toEqual(said(parse(source, lex(text))));
};

const shaped = (text: string): number =>
  [...parse(sourceOf(text)).statements].filter(
    (each) => each.kind === 'route' && each.literals !== undefined,
  ).length;

describe('a parse by shapes', () => {
  it('knows lines by their shape', () => {
    const lines = [
      'route host 192.0.2.1 via dsl',
      'route host 192.0.2.22   via dsl',
      '\troute  host 192.0.2.3\tvia dsl \r',
      'route from 192.0.2.0/24 tcp 80,443 via dsl else cable',
      'route from 192.0.2.1 tcp 25, 587 via dsl else cable',
      'route host 192.0.2.4 via dsl',
    ];
    expect(shaped(lines.join('\n'))).toBe(4);
    expectSame(lines.join('\n'));
  });

  it.each([
    ['route host 192.0.2.1 via dsl', 'route host 192.0.2.2 via dsl2'],
    ['route host 192.0.2.1 via dsl', 'route host 192.0.2.2 via dsl # a comment'],
    ['route host 192.0.2.1 via dsl', 'route host 192.0.2.2via dsl'],
    ['route host 192.0.2.1 via dsl', 'route host192.0.2.2 via dsl'],
    ['route host 192.0.2.1 via dsl', 'route host 192.0.2.2,192.0.2.3 via dsl'],
    ['route host 192.0.2.1 via dsl', 'route host a192.0.2.2 via dsl'],
    ['route host 192.0.2.1 via dsl', 'route host "192.0.2.2" via dsl'],
    ['route host 192.0.2.1 via dsl', 'set x = 192.0.2.1 \\', 'route host 192.0.2.2 via dsl'],
    ['route host 192.0.2.1 via dsl', 'set x = {192.0.2.1,', 'route host 192.0.2.2 via dsl', '}'],
    ['route host 192.0.2.1 via dsl', 'route host 192.0.2.2 via dsl\u00a0'],
    ['route host 192.0.2.1 via dsl', 'route host 192.0.2.2\u0000 via dsl'],
    ['route host 192.0.2.1 via dsl', 'route host 192.0.2.2 via dsl \r\r'],
    ['route tcp 80 via dsl snat 192.0.2.1', 'route tcp 81 via dsl snat 192.0.2.2'],
    ['route host 192.0.2.1 via dsl\r'],
    ['\r', 'route host 192.0.2.1 via dsl'],
    ['route host 192.0.2.1 via dsl', 'uplink dsl dev', 'route host 192.0.2.2 via dsl'],
  ])('has doubts: %j', (...lines) => {
    expectSame(lines.join('\n'));
  });

  it('says the same as a parse of the whole', () => {
    const word = fc.constantFrom(
      ...['host', 'from', 'to', 'tcp', 'not', 'via', 'route', 'dsl', 'main', 'else', 'snat'],
      ...['192.0.2.1', '192.0.2.0/24', '80', '1-2', '@a', '"x"', ',', '{', '}', '#', '\\', '='],
    );
    const blank = fc.constantFrom(' ', ' ', ' ', '  ', '\t', '');
    const wild = fc
      .array(fc.tuple(word, blank), { maxLength: 8 })
      .map((pairs) => pairs.map(([text, gap]) => text + gap).join(''));
    const value = fc.constantFrom('192.0.2.1', '192.0.2.0/24', '8', '0x1f', '2001:db8::1');
    const head = fc.constantFrom('host', 'tcp', 'not from', 'tcp,udp', 'mark 1 to', 'time');
    const tail = fc.constantFrom('via dsl', 'via dsl snat 192.0.2.1, cable', 'via main', 'via');
    const rule = fc
      .tuple(
        head,
        value,
        blank,
        tail,
        fc.constantFrom('', '', '', ' # why', ' # routec: allow no-way', ' \\', '\u00e9'),
      )
      .map(([match, its, gap, end, rest]) => `route ${match} ${its}${gap || ' '}${end}${rest}`);
    const ending = fc.constantFrom('\n', '\n', '\n', '\r\n', '\n\n', '\r');
    const line = fc.oneof({ weight: 5, arbitrary: rule }, { weight: 1, arbitrary: wild });
    fc.assert(
      fc.property(fc.array(fc.tuple(line, ending), { maxLength: 12 }), (lines) => {
        expectSame(lines.map(([text, end]) => text + end).join(''));
      }),
      RUNS,
    );
  });
});
