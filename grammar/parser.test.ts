import { Lexer } from 'chevrotain';
import { expect, it } from 'vitest';
import { RouteParser } from './parser.ts';
import { ALL_TOKENS } from './tokens.ts';

it('the grammar has no ambiguity that two tokens do not decide, and the lexer no dead token', () => {
  expect(() => new RouteParser(true)).not.toThrow();
  const lexer = new Lexer(ALL_TOKENS, {
    positionTracking: 'onlyOffset',
    ensureOptimizations: true,
  });
  expect(lexer.lexerDefinitionErrors).toEqual([]);
});

it('every character begins a token, so the lexer never looks for one that does', () => {
  const lexer = new Lexer(ALL_TOKENS, { positionTracking: 'onlyOffset' });
  for (let code = 0; code <= 0xffff; code += 1) {
    expect(lexer.tokenize(`a ${String.fromCharCode(code)}`).errors).toEqual([]);
  }
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
