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
