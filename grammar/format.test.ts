import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Source } from '../src/text/source.ts';
import { format } from './format.ts';
import { lex } from './lex.ts';
import { noteLayout } from './note-layout.ts';
import { parse } from './parse.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 500) };

const sourceOf = (text: string): Source => ({ name: 'policy.route', text, quotable: true });

/** The formatted text of one that must be sound. */
function formatted(text: string): string {
  const result = format(sourceOf(text));
  if ('diagnostics' in result) {
    throw new Error(`${text}\n${result.diagnostics.map(({ message }) => message).join('\n')}`);
  }
  return result.text;
}

/** The trees of a text that must be sound, without the places of things. */
function treesOf(text: string): unknown {
  const { statements, diagnostics } = parse(sourceOf(text), lex(text));
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
  return JSON.parse(JSON.stringify(statements, (_, value) => (value?.source ? 'here' : value)));
}

/** The comments of a text, and whether each stands alone on its line. */
function commentsOf(text: string): { text: string; alone: boolean }[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const found = /^((?:[^"#]|"(?:[^"\\]|\\.)*")*)(#.*)$/s.exec(line);
    if (found === null) return [];
    const [, before = '', comment = ''] = found;
    return [{ text: comment.replace(/[ \t]+$/, ''), alone: /^[ \t]*$/.test(before) }];
  });
}

/** What holds for any sound text. */
function expectFormatted(text: string): void {
  const out = formatted(text);
  expect(formatted(out)).toBe(out);
  expect(treesOf(out)).toEqual(treesOf(text));
  expect(commentsOf(out).map((each) => each.text)).toEqual(
    commentsOf(text).map((each) => each.text),
  );
  expect(out).toMatch(/^(?!\n)|^$/);
  expect(out).toMatch(/[^\n]\n$|^$/);
  expect(out).not.toMatch(/\r|\n\n\n|[ \t]\n/);
  for (const line of out.split('\n')) expect(line).toMatch(/^( {4}){0,2}(?! )/);
  expect(noteLayout(sourceOf(out))).toEqual([]);
  expect(noteLayout(sourceOf(text))).toHaveLength(out === text ? 0 : 1);
}

/** The tokens of statements as the grammar has them; braces are tokens of their own. */
const name = fc.constantFrom(
  'a',
  'dsl',
  'cable-2_b',
  'ping',
  'http',
  'flow',
  'a-name-that-is-long',
);
const literal = fc.constantFrom(
  '1',
  '192.0.2.1',
  '192.0.2.0/24',
  '2001:db8::1',
  '0xff',
  '8-9',
  'x*',
);
const ref = fc.constantFrom('@a', '@some-set');
const quoted = fc
  .string({ unit: 'grapheme', maxLength: 8 })
  .map((text) => `"${text.replace(/[\u0000-\u001f\u007f]/g, '').replace(/["\\]/g, '\\$&')}"`);
const iface = fc.oneof(name, quoted);
const value = fc.oneof(name, literal, ref, quoted);

type Tokens = readonly string[];
const words = (...tokens: string[]): fc.Arbitrary<Tokens> => fc.constant(tokens);
const one = (word: fc.Arbitrary<string>): fc.Arbitrary<Tokens> => word.map((each) => [each]);
const then = (...parts: fc.Arbitrary<Tokens>[]): fc.Arbitrary<Tokens> =>
  fc.tuple(...parts).map((all) => all.flat());
const maybe = (part: fc.Arbitrary<Tokens>): fc.Arbitrary<Tokens> => fc.oneof(words(), part);
const some = (part: fc.Arbitrary<Tokens>, minLength = 0): fc.Arbitrary<Tokens> =>
  fc.array(part, { minLength, maxLength: 4 }).map((all) => all.flat());
const commas = (part: fc.Arbitrary<Tokens>): fc.Arbitrary<Tokens> =>
  fc
    .array(part, { minLength: 1, maxLength: 4 })
    .map((all) => all.flatMap((each, index) => (index === 0 ? each : [',', ...each])));
const listOf = (part: fc.Arbitrary<string>): fc.Arbitrary<Tokens> =>
  fc.oneof(
    commas(one(part)),
    words('{', '}'),
    then(words('{'), commas(one(part)), maybe(words(',')), words('}')),
  );
const list = listOf(value);
const addresses = listOf(fc.oneof(fc.constantFrom('192.0.2.1', '2001:db8::1'), ref));
const nat = fc.oneof(
  words('masquerade'),
  words('nonat'),
  then(words('snat'), addresses, maybe(then(words('to'), addresses))),
);
const clause = fc.oneof(
  then(words('dev'), one(iface)),
  then(fc.constantFrom(['gateway'], ['address']), list),
  then(fc.constantFrom(['table'], ['mark'], ['weight']), one(value)),
  words('mtu-clamp'),
  nat,
  then(
    fc.constantFrom(['check', 'ping'], ['check', 'tcp'], ['check', 'http']),
    list,
    maybe(words('every', '5s', 'down', '3')),
  ),
);
const negatable = then(maybe(words('not')), list);
const transports = commas(fc.constantFrom(['tcp'], ['udp'], ['sctp']));
const match = then(
  maybe(words('not')),
  fc.oneof(
    then(fc.constantFrom(['host'], ['from'], ['to'], ['in'], ['sport'], ['mac']), negatable),
    then(fc.constantFrom(['dscp'], ['mark'], ['user']), negatable),
    then(words('proto'), maybe(words('not')), commas(fc.constantFrom(['gre'], ['47'], ['tcp']))),
    then(words('cgroup'), one(quoted)),
    then(words('time', '09:00-17:00'), maybe(list)),
    then(transports, maybe(negatable)),
    then(fc.constantFrom(['icmp'], ['icmpv6']), maybe(negatable)),
    fc.constantFrom(['local'], ['ipv4'], ['ipv6']),
  ),
);
const share = then(one(name), maybe(nat));
const tier = fc.oneof(
  fc.constantFrom(['main'], ['drop'], ['reject']),
  then(one(iface), maybe(nat)),
  then(
    words('balance'),
    commas(then(one(name), maybe(words('3')), maybe(nat))),
    maybe(fc.constantFrom(['by', 'flow'], ['by', 'source'], ['by', 'source-destination'])),
  ),
);
const downs = maybe(then(words('while'), commas(then(one(iface), maybe(words('down'))))));
const statement = fc.oneof(
  { arbitrary: then(words('uplink'), one(iface), some(clause, 1)), weight: 3 },
  {
    arbitrary: then(
      words('set'),
      one(name),
      fc.oneof(then(fc.constantFrom(['='], ['domains']), list), then(words('from'), one(quoted))),
    ),
    weight: 3,
  },
  {
    arbitrary: then(
      words('route'),
      some(match),
      words('via'),
      tier,
      some(then(words('else'), tier)),
    ),
    weight: 3,
  },
  then(words('forward'), transports, list, words('on'), list, words('to', '192.0.2.1:80')),
  then(
    words('expect'),
    some(match),
    downs,
    fc.oneof(fc.constantFrom(['main'], ['unreachable']), then(words('via'), commas(share))),
    downs,
  ),
  then(words('option'), one(name), one(value)),
  then(words('include'), one(quoted)),
);

const end = fc.constantFrom('\n', '\n', '\r\n');
const comment = fc
  .oneof(
    fc.constantFrom('# one', '#', '#  two \t ', '# } {, "', '# route via main', '# ends in \\'),
    fc.string({ unit: 'grapheme', maxLength: 10 }).map((text) => `#${text}`),
  )
  .map((text) => text.replace(/[\r\n\u0000]/g, ''));
const blanks = fc.constantFrom('', ' ', '   ', '\t', ' \t');
const continuation = fc.tuple(blanks, end, blanks).map(([a, its, b]) => `\\${a}${its}${b}`);
/** What ends a line: a comment in front of it, and empty lines and comments behind it. */
const ending = fc
  .tuple(
    fc.option(continuation, { nil: '', freq: 10 }),
    fc.option(comment, { nil: '' }),
    end,
    fc.array(fc.tuple(blanks, fc.option(comment, { nil: '' }), end), { maxLength: 3 }),
    blanks,
  )
  .map(
    ([joined, its, first, others, last]) =>
      ` ${joined}${its}${first}${others.flat().join('')}${last}`,
  );

/** Where no blank is needed between two tokens. */
const tight = (before: string, after: string): boolean =>
  /^[,={}]$/.test(before) || /^[,={}]$/.test(after);

/** The text of a statement, its tokens apart in any way that the language has. */
const spread = (tokens: Tokens): fc.Arbitrary<string> => {
  let inList = false;
  const parts = tokens.flatMap((token, index) => {
    const before = tokens[index - 1];
    const separators: fc.Arbitrary<string>[] = [];
    if (before !== undefined) {
      const plain = fc.tuple(fc.constant(tight(before, token) ? '' : ' '), blanks);
      const all = [{ arbitrary: plain.map((two) => two.join('')), weight: 8 }];
      all.push({ arbitrary: continuation, weight: 1 });
      if (inList) all.push({ arbitrary: ending, weight: 3 });
      separators.push(fc.oneof(...all));
    }
    if (token === '{') inList = true;
    if (token === '}') inList = false;
    return [...separators, fc.constant(token)];
  });
  return fc.tuple(...parts).map((all) => all.join(''));
};
const policy = fc
  .array(statement, { maxLength: 6 })
  .chain((statements) =>
    fc.tuple(
      fc.constant(statements),
      fc.option(ending, { nil: '' }),
      fc.tuple(...statements.map((tokens) => fc.tuple(spread(tokens), ending))),
      fc.boolean(),
    ),
  )
  .map(([statements, head, parts, cut]) => {
    const text = `${head}${parts.flat().join('')}`;
    const shorter = text.replace(/[ \t\r\n]+$/, '');
    // A `\` must not be the last of a file.
    return { statements, text: cut && !shorter.endsWith('\\') ? shorter : text };
  });

describe('any policy', () => {
  it('means the same when it is formatted, and is formatted once', () => {
    fc.assert(
      fc.property(policy, ({ statements, text }) => {
        expectFormatted(text);
        const lines = [...parse(sourceOf(formatted(text))).statements].map((each) => each.text);
        expect(lines).toEqual(
          statements.map((tokens) =>
            tokens
              .join(' ')
              .replaceAll(' , }', ' }')
              .replaceAll(/ ,(?= |$)/g, ','),
          ),
        );
      }),
      RUNS,
    );
  });

  it('keeps its comments where they were', () => {
    fc.assert(
      fc.property(policy, ({ text }) => {
        const before = commentsOf(text);
        // Only a comma takes the comment behind it from a line that it began.
        fc.pre(!/^[ \t]*,[ \t]*#/m.test(text));
        expect(commentsOf(formatted(text))).toEqual(before);
      }),
      RUNS,
    );
  });

  it('has its findings and no text when it is broken', () => {
    const change = fc.tuple(
      fc.nat(),
      fc.nat(3),
      fc.constantFrom(
        '',
        ' ',
        '\n',
        ',',
        '{',
        '}',
        '\\',
        '\\\n',
        '#',
        '"',
        '\r',
        '\u0000',
        'via',
        '=',
      ),
    );
    let broken = 0;
    fc.assert(
      fc.property(policy, fc.array(change, { maxLength: 2 }), ({ text }, changes) => {
        let other = text;
        for (const [where, length, what] of changes) {
          const from = where % (other.length + 1);
          other = other.slice(0, from) + what + other.slice(from + length);
        }
        const { diagnostics } = parse(sourceOf(other));
        if (diagnostics.length === 0) expectFormatted(other);
        else {
          broken += 1;
          expect(format(sourceOf(other))).toEqual({ diagnostics });
        }
      }),
      RUNS,
    );
    expect(broken).toBeGreaterThan(0);
  });
});

describe('the policies of fixtures and docs', () => {
  const root = join(import.meta.dirname, '..');
  const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');
  const routes = readdirSync(join(root, 'fixtures'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.route'))
    .map((path) => [path, read('fixtures', path)]);
  const docs = ['README.md', ...readdirSync(join(root, 'docs')).map((each) => join('docs', each))];
  const blocks = docs.flatMap((path) =>
    [...read(path).matchAll(/```route\n(.*?)```/gs)].map(([, text]) => [path, text as string]),
  );
  const goldens = ['diagnostics', 'format'].flatMap((folder) =>
    readdirSync(join(root, 'fixtures', folder)).map((each) => [
      each,
      read('fixtures', folder, each).split('-----\n')[0] as string,
    ]),
  );

  it.each([...routes, ...blocks])('%s is formatted', (_, text = '') => {
    expect(formatted(text)).toBe(text);
  });

  it.each(goldens.filter(([, text = '']) => parse(sourceOf(text)).diagnostics.length === 0))(
    '%s means the same',
    (_, text = '') => {
      expectFormatted(text);
    },
  );
});

describe('by example', () => {
  it.each([
    ['nothing', '', ''],
    ['empty lines', '\n \n\t\r\n\\\n', ''],
    ['a comment', '#', '#\n'],
    ['comments', '  # a \n#b', '# a\n#b\n'],
    ['no last newline', 'route via main', 'route via main\n'],
    ['a `\\` that is last', 'route via main \\\n', 'route via main\n'],
    ['a `\\` in front', '\\\n \\\nroute via main', 'route via main\n'],
    ['ends of lines', 'route \\\r\nvia main\r\n\r\n# a\r\n', 'route \\\n    via main\n\n# a\n'],
    ['a comma that begins a line', 'set x = {\n1 # a\n# b\n, 2 }', null],
    ['a comment behind such a comma', 'set x = {\n1 # a\n, # b\n2 }', null],
  ])('%s', (_, text, out) => {
    expectFormatted(text);
    if (out !== null) expect(formatted(text)).toBe(out);
  });

  it('the trees are what makes it a bug, and so are comments', async () => {
    const text = 'route  from 192.0.2.1 tcp 80,443 via main # a\n# b\n';
    const good = formatted(text);
    const wrongs = [
      good.replace('80', '81'),
      good.replace('192.0.2.1', '"192.0.2.1"'),
      good.replace('80, 443', '{ 80, 443 }'),
      good.replace('from', 'not from'),
      good.replace('from', 'from not'),
      good.replace('# a', '# c'),
      good.replace('# b\n', ''),
      `${good}# c\n`,
      `${good}route via main\n`,
      good.replace('via main', 'via'),
      '# a\n# b\n',
    ];
    let out = good;
    vi.resetModules();
    vi.doMock('./lay-out.ts', () => ({ layOut: () => out }));
    const { format: watched } = await import('./format.ts');
    expect(watched(sourceOf(text))).toEqual({ text: good });
    for (const wrong of wrongs) {
      expect(wrong).not.toBe(good);
      out = wrong;
      expect(() => watched(sourceOf(text)), wrong).toThrow('internal error');
    }
    vi.doUnmock('./lay-out.ts');
    vi.resetModules();
  });

  it('what is long stays as long as it is', () => {
    const long = 'x'.repeat(100_000);
    const sets = Array.from({ length: 1000 }, (_, index) => `set s${index} = 1 # ${index}`);
    const text = [`set ${long} = 1 # a`, ...sets, `uplink ${long} dev a`, 'uplink b dev c'].join(
      '\n',
    );
    expect(formatted(text).length).toBeLessThan(text.length + 10_000);
  });

  it('a note stands where the first difference is', () => {
    const place = (text: string): string | undefined => {
      const [note] = noteLayout(sourceOf(text));
      const span = note?.labels[0].span;
      return span === undefined ? undefined : text.slice(0, span.start);
    };
    expect(place('route via main\n')).toBeUndefined();
    expect(place('route via  main\n')).toBe('route via ');
    expect(place('route via main')).toBe('route via main');
    expect(place('route via main \n')).toBe('route via main');
    expect(place('route via main\n\n')).toBe('route via main\n');
    expect(place('# a\r\nroute via main\r\n')).toBe('# a');
    const [note] = noteLayout(sourceOf('\nroute via main\n'));
    expect(note).toMatchObject({
      code: 'RC501',
      severity: 'note',
      help: expect.stringContaining('routec fmt policy.route'),
    });
    const [outside] = noteLayout({ ...sourceOf('secret'), quotable: false });
    expect(outside).toMatchObject({
      message: 'this file is not formatted',
      labels: [{ text: '' }],
    });
    expect(outside).not.toHaveProperty('help');
  });
});
