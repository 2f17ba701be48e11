import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { at, type Diagnostic, diagnose, type Kind } from './diagnostic.ts';
import { renderConcise } from './render-concise.ts';
import type { Palette } from './render-frame.ts';
import { renderJson } from './render-json.ts';
import { renderPretty } from './render-pretty.ts';
import { sortDiagnostics } from './sort-diagnostics.ts';
import { join, lineAt, positionOf, type Source, type Span } from './source.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 500) };

const error: Kind = { code: 'RC201', slug: 'bad-address', severity: 'error', title: 'no address' };
const warning: Kind = { ...error, code: 'RC223', slug: 'outside', severity: 'warning' };

const sourceOf = (text: string, name = 'policy.route', quotable = true): Source => ({
  name,
  text,
  quotable,
});
/** The span of a word of a source. */
function span(source: Source, word: string, from = 0): Span {
  const start = source.text.indexOf(word, from);
  if (start < 0) throw new Error(`${word} is not in the text`);
  return { source, start, end: start + word.length };
}
const finding = (place: Span, message = 'wrong', text = '', help?: string): Diagnostic =>
  diagnose(error, message, [at(place, text)], help);

/** The line of the source as it is shown, and what is underlined in it, by what it looks like. */
function underlined(pretty: string): { line: string; under: string } {
  const rows = pretty.split('\n');
  const caret = rows.findIndex((row) => /^ *\| *\^/.test(row));
  const line = (rows[caret - 1] as string).replace(/^ *\d* \| /, '');
  const carets = (rows[caret] as string).replace(/^ *\| /, '');
  const before = carets.indexOf('^');
  const width = (/\^+/.exec(carets) as RegExpExecArray)[0].length;
  let column = 0;
  let under = '';
  for (const character of line) {
    if (column >= before && column < before + width) under += character;
    column += stringWidth(character);
  }
  return { line, under };
}

describe('pretty', () => {
  it('looks as it should', () => {
    const source = sourceOf('uplink dsl dev eth3\nroute from 1.2.3 via dsl\n');
    const out = renderPretty([
      finding(span(source, '1.2.3'), 'no address', 'three numbers', 'four'),
    ]);
    expect(out).toBe(
      [
        'error[RC201]: no address',
        ' --> policy.route:2:12',
        '  |',
        '2 | route from 1.2.3 via dsl',
        '  |            ^^^^^ three numbers',
        '  |',
        '  = help: four',
        '',
        '1 error in policy.route',
        '',
      ].join('\n'),
    );
  });

  it('nothing is said of nothing', () => {
    expect(renderPretty([])).toBe('');
  });

  it('two places of one line, of two lines, of lines far apart', () => {
    const source = sourceOf('first second\nthird\nfourth\nfifth\n');
    const places = (second: string): string =>
      renderPretty([
        diagnose(error, 'twice', [
          at(span(source, 'first'), 'here'),
          at(span(source, second), 'and'),
        ]),
      ]);
    expect(places('second')).toContain(
      ['1 | first second', '  | ^^^^^ here', '  |       ------ and', '  |', ''].join('\n'),
    );
    expect(places('third')).toContain(
      ['1 | first second', '  | ^^^^^ here', '2 | third', '  | ----- and', ''].join('\n'),
    );
    expect(places('fifth')).toContain(['  | ^^^^^ here', '...', '4 | fifth', ''].join('\n'));
  });

  it('two files, each with its name and line', () => {
    const [one, two] = [sourceOf('a b\n'), sourceOf('\n\nx y z\n', 'more.route')];
    const out = renderPretty([
      diagnose(error, 'twice', [at(span(one, 'b'), 'again'), at(span(two, 'y'), 'first')]),
    ]);
    expect(out).toContain(' --> policy.route:1:3\n');
    expect(out).toContain('1 | a b\n  |   ^ again\n');
    expect(out).toContain(' ::: more.route:3\n');
    expect(out).toContain('3 | x y z\n  |   - first\n');
  });

  it('a file that must not be quoted: its name and line only', () => {
    const [one, two] = [sourceOf('a b\n'), sourceOf('\nsecret\n', '/etc/shadow', false)];
    const out = renderPretty([
      diagnose(
        error,
        'a secret',
        [at(span(one, 'b'), 'a secret'), at(span(two, 'secret'))],
        'secret',
      ),
      diagnose(error, 'a secret', [at(span(two, 'secret'), 'a secret')], 'a secret'),
    ]);
    expect(out).not.toContain('secret');
    expect(out).toContain('error[RC201]: no address\n --> /etc/shadow:2:1\n');
    expect(out).toContain(' ::: /etc/shadow:2\n');
  });

  it('counts what it shows, and what not', () => {
    const source = sourceOf('a b\n');
    const many = Array.from({ length: 130 }, () => finding(span(source, 'b'), 'message'));
    const out = renderPretty([...many, diagnose(warning, 'w', [at(span(source, 'a'))])]);
    expect(out.split('error[RC201]').length - 1).toBe(100);
    expect(out).toContain('and 31 more');
    expect(out.endsWith('130 errors, 1 warning in policy.route\n')).toBe(true);
  });

  it('the gutter is as wide as the highest line number', () => {
    const source = sourceOf(`${'\n'.repeat(99)}a b\n`);
    const out = renderPretty([finding(span(source, 'b'))]);
    expect(out).toContain('   --> policy.route:100:3\n    |\n100 | a b\n    |   ^\n');
  });

  it.each([
    ['tabs', '\troute\tfrom\t1.2.3\tvia dsl'],
    ['wide characters', '# \u4e16\u754c\u4e16\u754c 1.2.3'],
    ['emoji', '"\ud83d\ude00 \ud83d\ude80" 1.2.3'],
    ['combining marks', '"e\u0301 a\u0308" 1.2.3'],
    ['control characters', '"\u001b[31m" 1.2.3 \u0007'],
    ['a byte order mark in it', 'x\ufeffy 1.2.3'],
  ])('underlines the right place after %s', (_, text) => {
    for (const end of ['', '\n', '\r\n']) {
      const source = sourceOf(`first\n${text}${end}`);
      const { under } = underlined(renderPretty([finding(span(source, '1.2.3'))]));
      expect(under).toBe('1.2.3');
    }
  });

  it('wide characters are underlined in all their width', () => {
    const source = sourceOf('set x = \u4e16\u754c, y');
    const out = renderPretty([finding(span(source, '\u4e16\u754c'))]);
    expect(out).toContain('  |         ^^^^\n');
  });

  it.each([0, 50, 200, 5000, 1_000_000])('a long line is cut around the span at %i', (before) => {
    const text = `${'a '.repeat(before / 2)}1.2.3${' b'.repeat(1000)}`;
    const out = renderPretty([finding(span(sourceOf(text), '1.2.3'))]);
    const { line, under } = underlined(out);
    expect(under).toBe('1.2.3');
    expect(line.length).toBeLessThan(130);
    expect(line.endsWith(' ...')).toBe(true);
    expect(line.startsWith('... ')).toBe(before > 100);
  });

  it('no row is longer, whatever the span', () => {
    const source = sourceOf(`route ${'x'.repeat(5000)} via`);
    const out = renderPretty([finding(span(source, 'x'.repeat(5000)))]);
    for (const row of out.split('\n')) expect(row.length).toBeLessThan(140);
    expect(out).toContain('^^^');
  });

  it('a place that is cut off a long line is not shown where something else stands', () => {
    const source = sourceOf(`first ${'a '.repeat(500)}second\n`);
    const labels = [
      at(span(source, 'first'), 'here'),
      at(span(source, 'second'), 'there'),
    ] as const;
    const rows = renderPretty([diagnose(error, 'twice', [...labels])]).split('\n');
    const there = rows.findIndex((row) => row.includes('there'));
    // On a row of its own that shows it, or not underlined at all.
    if (rows[there]?.includes('-')) expect(rows[there - 1]).toContain('second');
  });

  it('a span over lines is underlined to the end of its first', () => {
    const source = sourceOf('set x = { 1,\n  2\n}\n');
    const out = renderPretty([finding({ source, start: 8, end: source.text.length - 1 })]);
    expect(underlined(out).under).toBe('{ 1,');
    expect(out).not.toContain('2 |');
  });

  it('the end of a line, and of the text, can be pointed at', () => {
    for (const text of ['route', 'route\n', 'route\r\n']) {
      const source = sourceOf(text);
      const out = renderPretty([finding({ source, start: 5, end: Math.min(6, text.length) })]);
      expect(out).toContain('1 | route\n  |      ^\n');
    }
    expect(renderPretty([finding({ source: sourceOf(''), start: 0, end: 0 })])).toContain(
      '  | ^\n',
    );
  });

  it('colours by severity, and changes no text', () => {
    const mark = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
    const palette: Palette = {
      error: mark('error'),
      warning: mark('warning'),
      note: mark('note'),
      frame: mark('frame'),
      strong: mark('strong'),
    };
    const source = sourceOf('a b\n');
    const all = [
      finding(span(source, 'b'), 'message', 'label', 'help'),
      diagnose(warning, 'other', [at(span(source, 'a'))]),
    ];
    const coloured = renderPretty(all, palette);
    expect(coloured.replace(/<\/?[a-z]+>/g, '')).toBe(renderPretty(all));
    expect(coloured).toContain('<error>error[RC201]</error>');
    expect(coloured).toContain('<error>^ label</error>');
    expect(coloured).toContain('<warning>warning[RC223]</warning>');
  });
});

describe('concise', () => {
  it('is one line a finding', () => {
    const source = sourceOf('a\n\u4e16\ud83d\ude00 b\n');
    const all = [finding(span(source, 'b'), 'x'), diagnose(warning, 'y', [at(span(source, 'a'))])];
    expect(renderConcise(all)).toBe(
      'policy.route:2:4: error[RC201]: x\npolicy.route:1:1: warning[RC223]: y\n',
    );
    expect(renderConcise([])).toBe('');
  });
});

describe('json', () => {
  it('has version, diagnostics and a summary', () => {
    const source = sourceOf('a\n\ud83d\ude00 b\r\n', 'sub/policy.route');
    const all = [
      diagnose(error, 'm', [at(span(source, 'b'), 'here'), at(span(source, 'a'))], 'do it'),
      diagnose(warning, 'w', [at(span(source, 'a'))]),
    ];
    const text = renderJson(all);
    expect(text.endsWith('}\n')).toBe(true);
    const place = (line: number, column: number, label: string) => ({
      file: 'sub/policy.route',
      start: { line, column },
      end: { line, column: column + 1 },
      text: label,
    });
    expect(JSON.parse(text)).toEqual({
      version: 1,
      diagnostics: [
        {
          code: 'RC201',
          slug: 'bad-address',
          severity: 'error',
          message: 'm',
          labels: [place(2, 3, 'here'), place(1, 1, '')],
          help: 'do it',
        },
        {
          code: 'RC223',
          slug: 'outside',
          severity: 'warning',
          message: 'w',
          labels: [place(1, 1, '')],
        },
      ],
      summary: { error: 1, warning: 1, note: 0 },
    });
    expect(JSON.parse(renderJson([]))).toEqual({
      version: 1,
      diagnostics: [],
      summary: { error: 0, warning: 0, note: 0 },
    });
  });
});

describe('a terminal', () => {
  const nasty = [
    ...[
      '\u001b[31m',
      '\u001b]0;title\u0007',
      '\u009b31m',
      '\u0090q',
      '\u0000',
      '\b\b',
      '\r',
      '\u007f',
    ],
    ...['\u202e', '\u2066', '\u200f', '\u2028', '\u2029', '\ufeff', '\u0085', '\u061c', '\v', '\f'],
  ];
  /** What moves the cursor, begins an escape sequence or reorders text. */
  const RAW =
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u;

  it('gets no control character of the source, its name, a message, a label or a help', () => {
    const piece = fc.oneof(fc.constantFrom(...nasty), fc.string({ maxLength: 4 }));
    const text = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, text, text, fc.nat(20), fc.nat(20), (line, name, said, a, b) => {
        const source = sourceOf(`x\n${line}\n${line}`, name);
        const [start, end] = [a, b]
          .map((point) => Math.min(point, source.text.length))
          .sort((one, other) => one - other) as [number, number];
        const all = [finding({ source, start, end }, said, said, said)];
        expect(renderPretty(all)).not.toMatch(RAW);
        expect(renderConcise(all)).not.toMatch(RAW);
        expect(renderConcise(all).split('\n')).toHaveLength(2);
      }),
      RUNS,
    );
  });

  it.each(nasty)('by example: %j', (each) => {
    const source = sourceOf(`a ${each} b`, `x${each}y`);
    const all = [finding(span(source, 'b'), `m${each}`, `l${each}`, `h${each}`)];
    expect(renderPretty(all)).not.toMatch(RAW);
    expect(renderConcise(all)).not.toMatch(RAW);
    expect(renderPretty(all)).toContain('\ufffd');
  });

  it.each(['\u001b[31m', '\u009b31m', '\u202e', '\u007f'])(
    'nor in json, which keeps what was said: %j',
    (each) => {
      const source = sourceOf(`a ${each} b`);
      const json = renderJson([finding(span(source, 'b'), `m${each}`, each, each)]);
      expect(json).not.toMatch(RAW);
      expect(JSON.parse(json).diagnostics[0].message).toBe(`m${each}`);
    },
  );

  it('cuts no character in two', () => {
    for (let shift = 0; shift < 4; shift += 1) {
      const text = `${'x'.repeat(shift)}${'\ud83d\ude00'.repeat(200)}y${'\ud83d\ude00'.repeat(200)}`;
      const out = renderPretty([finding(span(sourceOf(text), 'y'))]);
      expect(out).not.toMatch(/\p{Surrogate}/u);
    }
  });
});

describe('places', () => {
  it('a position counts characters, and is found again in its line', () => {
    const piece = fc.constantFrom('a', '\n', '\r\n', '\t', '\u4e16', '\ud83d\ude00', ' ');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.nat(30), (pieces, count) => {
        const source = sourceOf(pieces.join(''));
        const before = pieces.slice(0, count).join('');
        const { line, column } = positionOf(source, before.length);
        const lines = before.split('\n');
        expect(line).toBe(lines.length);
        expect(column).toBe([...(lines.at(-1) as string)].length + 1);
        const shown = lineAt(source, line);
        expect(shown.start).toBe(before.lastIndexOf('\n') + 1);
        expect(shown.text).toBe((source.text.split('\n')[line - 1] as string).replace(/\r$/, ''));
      }),
      RUNS,
    );
  });

  it('join is from the first to the last', () => {
    const source = sourceOf('a b c');
    expect(join(span(source, 'a'), span(source, 'c'))).toEqual({ source, start: 0, end: 5 });
  });

  it('are sorted by file as they appear, then by place; equal ones stay', () => {
    const [one, two] = [sourceOf('a b c'), sourceOf('x y', 'more.route')];
    const all = [
      finding(span(one, 'c'), '1'),
      finding(span(two, 'y'), '2'),
      finding(span(one, 'a'), '3'),
      finding(span(two, 'x'), '4'),
      finding(span(one, 'a'), '5'),
    ];
    expect(
      sortDiagnostics(all)
        .map(({ message }) => message)
        .join(''),
    ).toBe('35142');
  });
});
