import { type IToken, Lexer } from 'chevrotain';
import { ALL_TOKENS, ASIDES, FAULTS } from './tokens.ts';

// Made on first use: it takes a part of a cold start.
let lexer: Lexer | undefined;

/** A stretch of text that is no token. */
export interface Fault {
  readonly offset: number;
  readonly length: number;
}

export interface Lexed {
  /** What the grammar is about, ends of lines among them. */
  readonly tokens: readonly IToken[];
  /** Comments and continuations: what the grammar does not look at. */
  readonly asides: readonly IToken[];
  /** What is no token. */
  readonly faults: readonly Fault[];
}

/** Cuts a text, or a part of it, into tokens, each list in the order of the text. */
export function lex(text: string, from = 0, to = text.length): Lexed {
  lexer ??= new Lexer(ALL_TOKENS, {
    positionTracking: 'onlyOffset',
    ensureOptimizations: true,
    skipValidations: true,
  });
  const { tokens, groups, errors } = lexer.tokenize(text.slice(from, to));
  const asides = groups[ASIDES] ?? [];
  const unended = groups[FAULTS] ?? [];
  if (from > 0) {
    for (const list of [tokens, asides, unended]) {
      for (const token of list) token.startOffset += from;
    }
    for (const error of errors) error.offset += from;
  }
  const faults = [
    ...errors,
    ...unended.map(({ startOffset, image }) => ({ offset: startOffset, length: image.length })),
  ].sort((a, b) => a.offset - b.offset);
  return { tokens, asides, faults };
}
