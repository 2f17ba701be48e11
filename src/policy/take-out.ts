import type { Word } from '../../grammar/tree.ts';
import { blanksBefore } from '../text/blanks.ts';
import type { Fix } from '../text/diagnostic.ts';
import type { Span } from '../text/source.ts';

/** Takes out a part of a statement, and the blanks in front of it. */
export function takeOut(span: Span, title = 'take it out'): Fix {
  const start = blanksBefore(span.source.text, span.start);
  return { title, edits: [{ span: { ...span, start }, text: '' }] };
}

/** Takes a word out of a list, with the comma in front of it; nothing where a comment stands there. */
export function takeOutWord(words: readonly Word[], index: number): Fix | undefined {
  const [before, word] = [words[index - 1], words[index]];
  if (before === undefined || word === undefined) return undefined;
  const { source, end } = word.span;
  const between = source.text.slice(before.span.end, word.span.start);
  if (between.trim() !== ',') return undefined;
  const span = { source, start: before.span.end, end };
  return { title: 'take it out', edits: [{ span, text: '' }] };
}

/** Whether two places hold the same text. */
export function sameText(a: Span, b: Span): boolean {
  const text = ({ source, start, end }: Span): string => source.text.slice(start, end);
  return text(a) === text(b);
}
