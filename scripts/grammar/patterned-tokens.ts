import { ALL_TOKENS, FAULTS } from '../../grammar/tokens.ts';

/** The tokens of the language that are not one word or sign, in the order of the lexer. */
export const PATTERNED_TOKENS: readonly { readonly name: string; readonly pattern: RegExp }[] =
  ALL_TOKENS.flatMap(({ name, PATTERN, GROUP }) =>
    PATTERN instanceof RegExp && GROUP !== FAULTS ? [{ name, pattern: PATTERN }] : [],
  );
