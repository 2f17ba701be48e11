import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Lexer } from 'chevrotain';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lex } from './lex.ts';
import { RouteParser } from './parser.ts';
import { ALL_TOKENS, keyword } from './tokens.ts';

it('the grammar has no ambiguity that two tokens do not decide, and the lexer no dead token', () => {
  expect(() => new RouteParser({ skipValidations: false })).not.toThrow();
  const lexer = new Lexer(ALL_TOKENS, {
    positionTracking: 'onlyOffset',
    ensureOptimizations: true,
  });
  expect(lexer.lexerDefinitionErrors).toEqual([]);
});

it('what is kept of the analysis decides as the analysis does, and refuses in the same words', () => {
  const [kept, analysed] = [new RouteParser(), new RouteParser({})];
  const fixture = join(import.meta.dirname, '../fixtures/kitchen-sink/policy.route');
  const lines = readFileSync(fixture, 'utf8')
    .split('\n')
    .filter((line) => /^[a-z]/.test(line));
  expect(lines.length).toBeGreaterThan(10);
  const words = [
    ...Object.keys(keyword),
    'dsl',
    '192.0.2.1',
    '80',
    '@web',
    '"x"',
    ',',
    '{',
    '}',
    '=',
  ];
  const line = fc
    .tuple(
      fc.constantFrom(...lines),
      fc.array(fc.tuple(fc.nat(12), fc.nat(2), fc.subarray(words, { maxLength: 2 })), {
        maxLength: 3,
      }),
    )
    .map(([start, changes]) => {
      const its = start.split(' ');
      for (const [at, gone, come] of changes) its.splice(at, gone, ...come);
      return its.join(' ');
    });
  const parsed = (parser: RouteParser, text: string): unknown => {
    const source = { name: 'policy.route', text, quotable: true };
    const statement = parser.parse(source, [...lex(text).tokens]);
    return [statement, parser.errors.map(({ message, token }) => [message, token.startOffset])];
  };
  fc.assert(
    fc.property(line, (text) => {
      expect(parsed(kept, text)).toEqual(parsed(analysed, text));
    }),
    { numRuns: Number(process.env.ROUTEC_RUNS ?? 500) },
  );
});

it('every character begins a token, so the lexer never looks for one that does', () => {
  const lexer = new Lexer(ALL_TOKENS, { positionTracking: 'onlyOffset' });
  const all = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code));
  expect(all.filter((each) => lexer.tokenize(`a ${each}`).errors.length > 0)).toEqual([]);
});

it.each([
  ['closed', `"${'\\"'.repeat(8_000_000)}"`],
  ['open', `"${'\\"'.repeat(8_000_000)}`],
  ['open and closed', '"'.repeat(8_000_001)],
])(
  'quotes of megabytes, %s, take no stack, and no look at each of them from the first',
  (_, text) => {
    const { errors } = new Lexer(ALL_TOKENS, { positionTracking: 'onlyOffset' }).tokenize(text);
    expect(errors).toEqual([]);
  },
);
