import { at, type Diagnostic, diagnose } from '../src/text/diagnostic.ts';
import type { Source } from '../src/text/source.ts';
import { notFormatted } from './kinds.ts';
import { layOut } from './lay-out.ts';
import { lex } from './lex.ts';

/** A note where a well-formed policy first differs from its formatted text, if it does. */
export function noteLayout(source: Source): Diagnostic[] {
  const { name, text } = source;
  const formatted = layOut(lex(text));
  if (formatted === text) return [];
  let start = 0;
  while (start < text.length && formatted[start] === text[start]) start += 1;
  const span = { source, start, end: Math.min(start + 1, text.length) };
  const file = name === '<stdin>' ? '-' : name;
  const help = `\`routec fmt ${file}\` lays it out; \`--diff\` shows what would change`;
  return [diagnose(notFormatted, notFormatted.title, [at(span, 'the first difference')], help)];
}
