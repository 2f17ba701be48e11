import stringWidth from 'string-width';
import type { Label, Severity } from './diagnostic.ts';
import { printable } from './printable.ts';
import { lineAt, positionOf, type Source } from './source.ts';

/** How to colour a text; `plain` leaves it as it is. */
export interface Palette {
  readonly error: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly note: (text: string) => string;
  readonly frame: (text: string) => string;
  readonly strong: (text: string) => string;
}

const same = (text: string): string => text;
/** No colour at all. */
export const plain: Palette = { error: same, warning: same, note: same, frame: same, strong: same };

/** A longer line is cut around the span. */
const WIDTH = 110;

/** The lines of a frame, and the blanks that are as wide as its line numbers. */
interface Frame {
  readonly pad: string;
  readonly lines: readonly string[];
}

/**
 * Source lines with the spans underlined, under the place of the first one. What must not be quoted is
 * only named.
 *
 * @param widest a further line number that is to stand in the same column
 */
export function renderFrame(
  labels: readonly [Label, ...Label[]],
  severity: Severity,
  palette: Palette = plain,
  widest = 0,
): Frame {
  const [{ span }] = labels;
  const { line, column } = positionOf(span.source, span.start);
  const places = placesByFile(labels);
  const numbers = places.flatMap(({ rows }) => rows.map((row) => row.line));
  const pad = ' '.repeat(String(Math.max(...numbers, widest)).length);
  const bar = palette.frame('|');
  const lines = [`${pad}${palette.frame('-->')} ${printable(span.source.name)}:${line}:${column}`];
  places.forEach(({ source, rows }, index) => {
    if (index > 0) {
      const first = rows[0] as Row;
      lines.push(`${pad}${palette.frame(':::')} ${printable(source.name)}:${first.line}`);
    }
    if (!source.quotable) return;
    lines.push(`${pad} ${bar}`);
    let previous: number | undefined;
    for (const row of rows) {
      if (previous !== undefined && row.line > previous + 1) lines.push(palette.frame('...'));
      previous = row.line;
      lines.push(...frame(row, pad.length, bar, severity, palette));
    }
    lines.push(`${pad} ${bar}`);
  });
  return { pad, lines };
}

interface Mark {
  readonly primary: boolean;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}
interface Row {
  readonly source: Source;
  readonly line: number;
  readonly marks: Mark[];
}

function placesByFile(labels: readonly Label[]): { source: Source; rows: Row[] }[] {
  const files: { source: Source; rows: Row[] }[] = [];
  labels.forEach(({ span, text }, index) => {
    let file = files.find(({ source }) => source === span.source);
    if (file === undefined) {
      file = { source: span.source, rows: [] };
      files.push(file);
    }
    const { line } = positionOf(span.source, span.start);
    let row = file.rows.find((each) => each.line === line);
    if (row === undefined) {
      row = { source: span.source, line, marks: [] };
      file.rows.push(row);
    }
    row.marks.push({ primary: index === 0, start: span.start, end: span.end, text });
  });
  for (const file of files) file.rows.sort((a, b) => a.line - b.line);
  return files;
}

function frame(
  row: Row,
  gutter: number,
  bar: string,
  severity: Severity,
  palette: Palette,
): string[] {
  const { text, start } = lineAt(row.source, row.line);
  const first = Math.min(...row.marks.map((mark) => mark.start)) - start;
  const { from, length, lead, shown } = cut(text, first);
  const out = [`${palette.frame(String(row.line).padStart(gutter))} ${bar} ${shown}`];
  for (const mark of [...row.marks].sort((a, b) => a.start - b.start)) {
    const begin = mark.start - start - from;
    if (begin > length) continue;
    const end = Math.min(mark.end - start - from, length);
    const before = stringWidth(lead + printable(text.slice(from, from + Math.max(begin, 0))));
    const under = printable(text.slice(from + Math.max(begin, 0), from + end));
    const width = Math.max(1, stringWidth(under));
    const line = `${(mark.primary ? '^' : '-').repeat(width)} ${printable(mark.text)}`.trimEnd();
    const colour = mark.primary ? palette[severity] : palette.frame;
    out.push(`${' '.repeat(gutter)} ${bar} ${' '.repeat(before)}${colour(line)}`);
  }
  return out;
}

/** What is shown of a line: all of it, or of a long one what stands around `at`. */
export function cut(
  text: string,
  at: number,
): { from: number; length: number; lead: string; shown: string } {
  const from = text.length > WIDTH && at > WIDTH / 2 ? whole(text, at - 40) : 0;
  const middle = text.slice(from, whole(text, from + WIDTH));
  const lead = from > 0 ? '... ' : '';
  const tail = from + middle.length < text.length ? ' ...' : '';
  return { from, length: middle.length, lead, shown: `${lead}${printable(middle)}${tail}` };
}

/** The same place, or one before it where that is in the middle of a character. */
function whole(text: string, at: number): number {
  return /[\ud800-\udbff]/.test(text[at - 1] ?? '') ? at - 1 : at;
}
