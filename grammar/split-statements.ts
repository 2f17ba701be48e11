import type { IToken } from 'chevrotain';
import { Close, Newline, Open, STATEMENT_WORDS } from './tokens.ts';

/** The tokens of one statement, without newlines, and the stretch of text that they came from. */
export interface Slice {
  readonly tokens: IToken[];
  /** From the end of the statement before to the newline after this one. */
  readonly from: number;
  readonly to: number;
  /** A `{` that the statement leaves open. */
  readonly open?: IToken;
}

/**
 * Cuts the tokens of a file, or of lines of it, into statements: one a line, but a list in `{ }` goes on over lines. A
 * line that begins with a statement's word ends a forgotten `{`.
 */
export function splitStatements(tokens: readonly IToken[], begin: number, length: number): Slice[] {
  const slices: Slice[] = [];
  let current: IToken[] = [];
  let open: IToken | undefined;
  let from = begin;
  const end = (to: number): void => {
    if (current.length > 0) {
      slices.push({ tokens: current, from, to, ...(open === undefined ? {} : { open }) });
    }
    current = [];
    open = undefined;
    from = to;
  };
  tokens.forEach((token, index) => {
    if (token.tokenType === Newline) {
      const next = tokens[index + 1];
      const goesOn =
        open !== undefined && (next === undefined || !STATEMENT_WORDS.has(next.tokenType));
      if (!goesOn) end(token.startOffset + token.image.length);
      return;
    }
    if (token.tokenType === Open) open = token;
    else if (token.tokenType === Close) open = undefined;
    current.push(token);
  });
  end(length);
  return slices;
}
