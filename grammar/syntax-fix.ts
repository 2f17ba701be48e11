import { createTokenInstance, type IToken, type TokenType } from 'chevrotain';
import { blanksAfter, blanksBefore } from '../src/text/blanks.ts';
import type { Fix } from '../src/text/diagnostic.ts';
import type { Span } from '../src/text/source.ts';
import { Equals, Literal, Name, Text } from './tokens.ts';

/** How many tokens of a statement can be understood with these in the place of the one that is wrong. */
export type Understood = (...words: readonly IToken[]) => number;

/**
 * What is right whatever was meant: lower case, quotes where nothing else may stand, no `=`. Nothing
 * where the statement could not be understood any further with it.
 */
export function syntaxFix(
  span: Span,
  token: IToken,
  index: number,
  expected: readonly TokenType[],
  understood: Understood,
): Fix | undefined {
  const { image, tokenType } = token;
  const write = (text: string): Fix => ({
    title: `write \`${text}\``,
    edits: [{ span, text }],
  });
  const lower = image.toLowerCase();
  const meant = expected.find(({ PATTERN }) => PATTERN === lower && lower !== image);
  if (meant !== undefined && understood(retyped(token, meant, lower)) > index) return write(lower);
  const quoted = `"${image}"`;
  const onlyText = expected.every((type) => type === Text);
  const bare = tokenType === Name || tokenType === Literal;
  if (bare && onlyText && !Number.isFinite(understood(retyped(token, Text, quoted)))) {
    return { ...write(quoted), title: 'write it in quotes' };
  }
  if (tokenType !== Equals || understood() <= index) return undefined;
  const { text } = span.source;
  const around = {
    ...span,
    start: blanksBefore(text, span.start),
    end: blanksAfter(text, span.end),
  };
  return {
    title: 'leave the `=` out',
    edits: [{ span: around, text: ' ' }],
  };
}

/** The token as one of another type. */
export function retyped(token: IToken, type: TokenType, image: string): IToken {
  return createTokenInstance(type, image, token.startOffset, NaN, NaN, NaN, NaN, NaN);
}
