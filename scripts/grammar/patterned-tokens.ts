import { ALL_TOKENS } from '../../grammar/tokens.ts';

/** The tokens that have a pattern, and are not one word or sign, in the order of the lexer. */
export const PATTERNED_TOKENS: readonly { readonly name: string; readonly pattern: RegExp }[] =
  ALL_TOKENS.flatMap(({ name, PATTERN }) =>
    PATTERN instanceof RegExp ? [{ name, pattern: PATTERN }] : [],
  );
