import type { IToken } from 'chevrotain';
import { lineAt, positionOf, type Source, type Span } from '../src/text/source.ts';
import type { Allowance } from './allowance.ts';
import type { Slice } from './split-statements.ts';

/** `#` parts a comment: an allowance stands between two of them, a reason before or behind it. */
const PART = /#[^#]*/g;
const DIRECTIVE = /^#[ \t]*routec:/;
const ALLOW = /^#[ \t]*routec:[ \t]*allow[ \t]+/;

/** The allowances in the comments of a text; `slices` are its statements. */
export function readAllowances(
  source: Source,
  asides: readonly IToken[],
  slices: readonly Slice[],
): Allowance[] {
  const out: Allowance[] = [];
  let next = 0;
  for (const { image, startOffset } of asides) {
    if (!image.startsWith('#') || !image.includes('routec:')) continue;
    while (next < slices.length && (slices[next] as Slice).to <= startOffset) next += 1;
    const lines = linesOf(source, slices[next], startOffset);
    for (const part of image.matchAll(PART)) {
      const [text] = part;
      if (!DIRECTIVE.test(text)) continue;
      const start = startOffset + part.index;
      const span = { source, start, end: start + text.trimEnd().length };
      const kinds = kindsOf(span);
      out.push({ span, kinds, ...(lines === undefined ? {} : { lines }) });
    }
  }
  return out;
}

/** What is listed behind `allow`; nothing where that is no list. */
function kindsOf({ source, start, end }: Span): Allowance['kinds'] {
  const text = source.text.slice(start, end);
  const allow = ALLOW.exec(text)?.[0];
  if (allow === undefined) return [];
  const kinds: { text: string; span: Span }[] = [];
  let at = start + allow.length;
  for (const item of text.slice(allow.length).split(',')) {
    const word = item.trim();
    const from = at + item.indexOf(word);
    if (!/^[A-Za-z0-9-]+$/.test(word)) return [];
    kinds.push({ text: word, span: { source, start: from, end: from + word.length } });
    at += item.length + 1;
  }
  return kinds;
}

/** The lines of a statement, if the place is on one of them. */
function linesOf(source: Source, slice: Slice | undefined, place: number): Span | undefined {
  const first = slice?.tokens[0];
  if (slice === undefined || first === undefined) return undefined;
  const { start } = lineAt(source, positionOf(source, first.startOffset).line);
  return place < start ? undefined : { source, start, end: slice.to };
}
