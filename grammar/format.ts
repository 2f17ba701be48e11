import { bug } from '../src/bug.ts';
import type { Diagnostic } from '../src/text/diagnostic.ts';
import type { Source } from '../src/text/source.ts';
import { commentText } from './comment-text.ts';
import { layOut } from './lay-out.ts';
import { type Lexed, lex } from './lex.ts';
import { parse } from './parse.ts';
import { Comment } from './tokens.ts';
import { wordMeter } from './word-meter.ts';

/** The canonical text of a policy, or why it has none. */
export type Formatted = { readonly text: string } | { readonly diagnostics: readonly Diagnostic[] };

/**
 * The canonical text of one policy file; what it includes is not looked at. It is parsed in turn,
 * and must have the same statements (their text too, which rules are known by) and comments. A text
 * with syntax errors has findings instead.
 */
export function format(source: Source): Formatted {
  const tooLong = wordMeter()(source);
  if (tooLong !== undefined) return { diagnostics: [tooLong] };
  const lexed = lex(source.text);
  const { statements, diagnostics } = parse(source, lexed);
  if (diagnostics.length > 0) return { diagnostics };
  const text = layOut(lexed);
  if (text === source.text) return { text };
  const formatted = { ...source, text };
  const lexedAgain = lex(text);
  const again = parse(formatted, lexedAgain);
  if (again.diagnostics.length > 0) bug('the formatted text has syntax errors');
  if (!isSame(statements, again.statements)) bug('the formatted text has another meaning');
  if (!isSame(commentsOf(lexed), commentsOf(lexedAgain))) bug('formatting changed a comment');
  return { text };
}

function commentsOf({ asides }: Lexed): string[] {
  return asides.filter(({ tokenType }) => tokenType === Comment).map(commentText);
}

/** Whether two trees are equal, but for where in the text they stand. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return one === other;
  }
  if ('source' in one && 'source' in other) return true;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => isSame(one[name as keyof object], other[name as keyof object]))
  );
}
