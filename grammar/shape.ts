import type { IToken } from 'chevrotain';
import { Comma, keyword, Literal } from './tokens.ts';
import type { RouteStatement } from './tree.ts';

/**
 * What lines have in common that differ only in their blanks and in words that begin with a digit, left
 * of `via`. Such a word is a literal whatever it says, and the grammar asks no more of it there.
 */
export interface Shape {
  /** The words left of `via`, commas too. */
  readonly parts: readonly Part[];
  /** From `via` to the end of the statement, as it is written; so places in it are the same from that end. */
  readonly tail: string;
  /** The statement's text, cut at the words that differ. */
  readonly texts: readonly string[];
}

interface Part {
  /** Void where lines differ. */
  readonly image?: string;
  /** Whether blanks must part it from the word before; a comma needs none. */
  readonly apart: boolean;
  /** How many blanks stand before it in the statement's text. */
  readonly gap: 0 | 1;
}

/** Where a line of a shape holds its statement. */
export interface Fit {
  readonly shape: Shape;
  readonly start: number;
  readonly end: number;
  /** Whether the stretch is the statement's text as it stands: single blanks, and none before a comma. */
  readonly plain: boolean;
}

/** The shape of a statement on one line without quotes and braces; void where there is nothing to differ. */
export function shapeOf(
  { span: { source, end }, text }: RouteStatement,
  tokens: readonly IToken[],
): Shape | undefined {
  const via = tokens.findIndex(({ tokenType }) => tokenType === keyword.via);
  const differs = tokens
    .slice(0, via)
    .map(({ tokenType, image }) => tokenType === Literal && isDigit(image.charCodeAt(0)));
  if (!differs.includes(true)) return undefined;
  const parts = tokens.slice(0, via).map(({ tokenType, image }, index): Part => {
    const comma = tokenType === Comma;
    const apart = !comma && index > 0 && tokens[index - 1]?.tokenType !== Comma;
    const gap = comma || index === 0 ? 0 : 1;
    return { apart, gap, ...(differs[index] === true ? {} : { image }) };
  });
  const texts = [''];
  parts.forEach(({ image, gap }) => {
    const last = texts.length - 1;
    texts[last] += gap === 1 ? ' ' : '';
    if (image === undefined) texts.push('');
    else texts[last] += image;
  });
  const literals = parts.flatMap(({ image }, index) =>
    image === undefined ? [tokens[index]?.image ?? ''] : [],
  );
  const head = fill(texts, literals);
  texts[texts.length - 1] += text.slice(head.length);
  const tail = source.text.slice(tokens[via]?.startOffset, end);
  return { parts, tail, texts };
}

/** The words that differ, of a statement of the shape that stands in a text from `start` on. */
export function literalsOf({ parts, texts }: Shape, text: string, start: number): string[] {
  // Of just that length: what is pushed to leaves room for sixteen more.
  const literals = new Array<string>(texts.length - 1);
  let known = 0;
  let at = start;
  for (let index = 0; index < parts.length; index += 1) {
    const { image } = parts[index] as Part;
    const from = afterBlanks(text, at);
    if (image !== undefined) {
      at = from + image.length;
      continue;
    }
    at = afterWord(text, from);
    literals[known] = text.slice(from, at);
    known += 1;
  }
  return literals;
}

/** The texts of a shape with words between them. */
export function fill(texts: readonly string[], literals: readonly string[]): string {
  let out = texts[0] as string;
  for (let index = 0; index < literals.length; index += 1) {
    out += (literals[index] as string) + (texts[index + 1] as string);
  }
  return out;
}

/** Where the line from `from` to `to` (its ending not counted) holds a statement of the shape, if it is one. */
export function fitShape(shape: Shape, text: string, from: number, to: number): Fit | undefined {
  const { parts, tail } = shape;
  const start = afterBlanks(text, from);
  let plain = true;
  let at = start;
  for (let index = 0; index < parts.length; index += 1) {
    const { image, apart, gap } = parts[index] as Part;
    const before = at;
    at = afterBlanks(text, at);
    if (apart && at === before) return undefined;
    if (at - before !== gap || (gap === 1 && text.charCodeAt(before) !== BLANK)) plain = false;
    if (image !== undefined) {
      if (!text.startsWith(image, at)) return undefined;
      at += image.length;
      continue;
    }
    if (!isDigit(text.charCodeAt(at))) return undefined;
    at = afterWord(text, at);
  }
  const before = at;
  at = afterBlanks(text, at);
  if (at === before || !text.startsWith(tail, at)) return undefined;
  if (at - before !== 1 || text.charCodeAt(before) !== BLANK) plain = false;
  const end = at + tail.length;
  return afterBlanks(text, end) === to ? { shape, start, end, plain } : undefined;
}

const BLANK = 0x20;
const TAB = 0x09;

/** The first place from `at` on that is no blank. */
export function afterBlanks(text: string, at: number): number {
  let end = at;
  for (;;) {
    const code = text.charCodeAt(end);
    if (code !== BLANK && code !== TAB) return end;
    end += 1;
  }
}

/** Where a word of plain characters ends, as the token `Literal` has it. */
function afterWord(text: string, at: number): number {
  let end = at;
  while (isPlain(text.charCodeAt(end))) end += 1;
  return end;
}

function isPlain(code: number): boolean {
  // All visible ASCII but `"`, `#`, `,`, `=`, `\`, `{`, `}`.
  if (code <= 0x20 || code >= 0x7f) return false;
  return !(
    code === 0x22 ||
    code === 0x23 ||
    code === 0x2c ||
    code === 0x3d ||
    code === 0x5c ||
    code === 0x7b ||
    code === 0x7d
  );
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
