import { at, type Diagnostic, diagnose } from '../src/text/diagnostic.ts';
import type { Source } from '../src/text/source.ts';
import { turnedText } from './kinds.ts';

/** Embeddings, overrides and isolates: of all that reorders text, what no script needs in a comment. */
const TURNS = /[\u202a-\u202e\u2066-\u2069]/;

/**
 * A finding for the first character of a text that makes an editor show it in another order than it is read in:
 * in a comment or in quotes, where all others are fine, that can hide a statement from a reviewer.
 */
export function findTurnedText(source: Source): Diagnostic | undefined {
  const start = source.text.search(TURNS);
  if (start < 0) return undefined;
  const code = source.text.charCodeAt(start).toString(16).toUpperCase();
  return diagnose(
    turnedText,
    `a character that turns the direction of the text (U+${code})`,
    [at({ source, start, end: start + 1 }, 'what is shown is not what is read')],
    'take it out, and read the file again',
  );
}
