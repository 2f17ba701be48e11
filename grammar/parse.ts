import type { IToken } from 'chevrotain';
import type { Series } from '../src/series.ts';
import { at, type Diagnostic, diagnose, type Fix } from '../src/text/diagnostic.ts';
import type { Source, Span } from '../src/text/source.ts';
import type { Allowance } from './allowance.ts';
import { expectedBy, explainSyntax } from './explain-syntax.ts';
import {
  controlCharacter,
  openBrace,
  unexpectedCharacter,
  unexpectedWord,
  unterminatedText,
} from './kinds.ts';
import { type Fault, type Lexed, lex } from './lex.ts';
import { type PartParser, parseByShapes } from './parse-by-shapes.ts';
import { RouteParser } from './parser.ts';
import { readAllowances } from './read-allowances.ts';
import { type Slice, splitStatements } from './split-statements.ts';
import { keyword, Newline } from './tokens.ts';
import type { Packet, Statement } from './tree.ts';

// Made on first use: the analysis of the grammar is most of a cold start.
let parser: RouteParser | undefined;

export interface Parsed {
  readonly statements: Series<Statement>;
  /** The places of those that are no rules. */
  readonly others: readonly number[];
  readonly diagnostics: readonly Diagnostic[];
  /** Names that broken statements would have declared: nobody else is to blame for their absence. */
  readonly lost: readonly string[];
  readonly allowances: readonly Allowance[];
}

/**
 * The statements of a text that are well-formed, and a finding for each that is not.
 *
 * @param lexed its tokens, if it is to be read as a whole
 */
export function parse(source: Source, lexed?: Lexed): Parsed {
  const { length } = source.text;
  if (lexed !== undefined) return parseLines(source, lexed, 0, length);
  const lines = (from: number, to: number): Parsed =>
    parseLines(source, lex(source.text, from, to), from, to);
  const line = (from: number, to: number): ReturnType<PartParser['line']> => {
    parser ??= new RouteParser();
    const { tokens, faults } = lex(source.text, from, to);
    const statement = faults.length > 0 ? undefined : parser.parse(source, [...tokens]);
    return statement && { statement, tokens };
  };
  return parseByShapes(source, { lines, line }) ?? lines(0, length);
}

function parseLines(
  source: Source,
  { tokens, asides, faults }: Lexed,
  from: number,
  to: number,
): Parsed {
  parser ??= new RouteParser();
  const slices = splitStatements(tokens, from, to);
  const diagnostics = lexingFindings(source, faults);
  const broken = brokenSlices(slices, faults);
  const statements: Statement[] = [];
  const lost: string[] = [];
  for (const [index, slice] of slices.entries()) {
    if (diagnostics.length > MOST_FINDINGS) {
      diagnostics.push(unread(source, slice));
      for (const each of slices.slice(index)) lost.push(...declared(each));
      break;
    }
    // Its characters are already reported; its syntax would only repeat that.
    if (broken.has(slice)) {
      lost.push(...declared(slice));
      continue;
    }
    if (slice.open !== undefined) {
      diagnostics.push(unclosed(source, slice.open));
      lost.push(...declared(slice));
      continue;
    }
    const statement = parser.parse(source, slice.tokens);
    if (statement !== undefined) statements.push(statement);
    else {
      diagnostics.push(explainSyntax(source, parser, slice.tokens));
      lost.push(...declared(slice));
    }
  }
  const others = [...statements.keys()].filter((place) => statements[place]?.kind !== 'route');
  return {
    statements,
    others,
    diagnostics,
    lost,
    allowances: readAllowances(source, asides, slices),
  };
}

/** A packet that is asked about: a list of matches, over as many lines as one likes. */
export function parsePacket(
  source: Source,
): { readonly packet: Packet } | { readonly diagnostics: readonly Diagnostic[] } {
  parser ??= new RouteParser();
  const { tokens: all, faults } = lex(source.text);
  const diagnostics = lexingFindings(source, faults);
  if (diagnostics.length > 0) return { diagnostics };
  const tokens = all.filter(({ tokenType }) => tokenType !== Newline);
  const packet = parser.parsePacket(source, tokens);
  if (packet !== undefined) return { packet };
  return { diagnostics: [explainSyntax(source, parser, tokens, 'packet')] };
}

/** The words of the language that may stand next in a packet, of which some is written. */
export function wordsAfter(text: string): readonly string[] {
  parser ??= new RouteParser();
  const { tokens, faults } = lex(text);
  if (faults.length > 0) return [];
  const before = tokens.filter(({ tokenType }) => tokenType !== Newline);
  const expected = new Set(expectedBy(parser, 'packet', before));
  return Object.entries(keyword).flatMap(([word, type]) => (expected.has(type) ? [word] : []));
}

/** The name of the uplink or set that a statement begins to declare. */
function declared({ tokens: [first, name] }: Slice): string[] {
  const declares = first !== undefined && /^(uplink|set)$/i.test(first.image);
  return declares && name !== undefined ? [name.image.replace(/^"(.*)"$/, '$1')] : [];
}

/** So many findings of one file are told; nobody mends more before the next try. */
const MOST_FINDINGS = 1000;

function unread(source: Source, { tokens: [first] }: Slice): Diagnostic {
  const start = first?.startOffset ?? 0;
  const message = `more than ${MOST_FINDINGS} errors: from here on the file is not read`;
  return diagnose(
    unexpectedWord,
    message,
    [at({ source, start, end: start + (first?.image.length ?? 0) })],
    'mend those above first',
  );
}

function unclosed(source: Source, brace: IToken): Diagnostic {
  const span = { source, start: brace.startOffset, end: brace.startOffset + 1 };
  return diagnose(
    openBrace,
    'this `{` is never closed',
    [at(span, 'opened here')],
    'write a `}` after the last value; a line that begins with a statement ends the list',
  );
}

function brokenSlices(slices: readonly Slice[], faults: readonly Fault[]): Set<Slice> {
  const broken = new Set<Slice>();
  let next = 0;
  for (const { offset } of faults) {
    while (next < slices.length && (slices[next] as Slice).to <= offset) next += 1;
    const slice = slices[next];
    if (slice !== undefined && offset >= slice.from) broken.add(slice);
  }
  return broken;
}

/** At most one finding a line: what follows the first is often its echo. */
function lexingFindings(source: Source, faults: readonly Fault[]): Diagnostic[] {
  const out: Diagnostic[] = [];
  let lineEnd = -1;
  for (const { offset, length } of faults) {
    if (out.length > MOST_FINDINGS) break;
    if (offset < lineEnd) continue;
    const newline = source.text.indexOf('\n', offset);
    lineEnd = newline < 0 ? source.text.length + 1 : newline + 1;
    out.push(lexingFinding(source, offset, length, lineEnd));
  }
  return out;
}

function lexingFinding(
  source: Source,
  offset: number,
  length: number,
  lineEnd: number,
): Diagnostic {
  const code = source.text.codePointAt(offset) as number;
  const char = String.fromCodePoint(code);
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  const span: Span = { source, start: offset, end: offset + char.length };
  if (char === '"') {
    const rest = source.text.slice(offset, lineEnd).trimEnd();
    const control = /[\u0000-\u001f\u007f]/.test(rest);
    return diagnose(
      unterminatedText,
      control ? 'a control character in a quoted text' : 'this quoted text does not end',
      [at({ ...span, end: offset + rest.length }, 'it begins here')],
      'write a `"` at its end, on the same line; inside, `\\"` is a quote and `\\\\` a backslash',
    );
  }
  if (char === '\r' || code < 32 || code === 127) {
    const lone = char === '\r';
    return diagnose(
      controlCharacter,
      lone ? 'a lone carriage return' : `a control character (${name})`,
      [at(span, lone ? 'no newline follows' : 'here')],
      lone ? 'end lines with a newline, or with both' : 'take it out',
    );
  }
  if (char === '\\') {
    const last = source.text.slice(offset + 1).trim() === '';
    return diagnose(
      unexpectedCharacter,
      last ? 'a `\\` at the end of the file' : 'a `\\` may only stand last on a line',
      [at(span, last ? 'no line follows' : 'something follows')],
      'it joins the next line to this one; write what follows on that line',
    );
  }
  const shown = source.text.slice(offset, offset + Math.min(length, 20));
  return diagnose(
    unexpectedCharacter,
    `unexpected character \`${char}\` (${name})`,
    [
      at(
        { ...span, end: offset + Math.max(char.length, shown.length) },
        'not part of the language',
      ),
    ],
    'outside comments and quotes a policy is plain ASCII',
    blankFix(source, offset),
  );
}

/** What looks like a blank, or like nothing: it comes with text from web pages and word processors. */
const BLANKS = /[\u00a0\u2000-\u200a\u202f\u205f\u3000]+/y;
const INVISIBLE = /[\u200b\u2060\ufeff]+/y;

function blankFix(source: Source, start: number): Fix | undefined {
  for (const [pattern, text] of [
    [BLANKS, ' '],
    [INVISIBLE, ''],
  ] as const) {
    pattern.lastIndex = start;
    const length = pattern.exec(source.text)?.[0].length;
    if (length === undefined) continue;
    const title = text === '' ? 'take out what can not be seen' : 'write a plain blank';
    return { title, edits: [{ span: { source, start, end: start + length }, text }] };
  }
  return undefined;
}
