import stringWidth from 'string-width';
import { applyEdits } from './apply-edits.ts';
import { countSeverities } from './count-severities.ts';
import type { Diagnostic, Fix, Label, Severity } from './diagnostic.ts';
import { printable } from './printable.ts';
import { lineAt, positionOf, type Source, type Span } from './source.ts';

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

/** Findings beyond this many are only counted: a million errors are not a million messages. */
const SHOWN = 100;
/** A longer line is cut around the span. */
const WIDTH = 110;

/** Source lines with the spans underlined, as `rustc` prints them, and a count at the end. */
export function renderPretty(diagnostics: readonly Diagnostic[], palette: Palette = plain): string {
  if (diagnostics.length === 0) return '';
  const shown = diagnostics.slice(0, SHOWN).map((diagnostic) => one(diagnostic, palette));
  const left = diagnostics.length - shown.length;
  if (left > 0) shown.push(`... and ${left} more (\`--format concise\` lists them all)\n`);
  return `${shown.join('\n')}\n${summary(diagnostics)}\n`;
}

function one(diagnostic: Diagnostic, palette: Palette): string {
  const { severity, code, message, labels, help, fix } = diagnostic;
  const [primary] = labels;
  const { line, column } = positionOf(primary.span.source, primary.span.start);
  const places = placesByFile(labels);
  const changed = fix === undefined ? undefined : changedLine(fix);
  const lines = places.flatMap(({ rows }) => rows.map((row) => row.line));
  const gutter = Math.max(...lines, changed?.line ?? 0);
  const pad = ' '.repeat(String(gutter).length);
  const bar = palette.frame('|');
  const out = [
    palette.strong(`${palette[severity](`${severity}[${code}]`)}: ${printable(message)}`),
    `${pad}${palette.frame('-->')} ${printable(primary.span.source.name)}:${line}:${column}`,
  ];
  places.forEach(({ source, rows }, index) => {
    if (index > 0) {
      const first = rows[0] as Row;
      out.push(`${pad}${palette.frame(':::')} ${printable(source.name)}:${first.line}`);
    }
    if (!source.quotable) return;
    out.push(`${pad} ${bar}`);
    let previous: number | undefined;
    for (const row of rows) {
      if (previous !== undefined && row.line > previous + 1) out.push(palette.frame('...'));
      previous = row.line;
      out.push(...frame(row, pad.length, bar, severity, palette));
    }
    out.push(`${pad} ${bar}`);
  });
  if (help !== undefined) out.push(`${pad} ${palette.frame('=')} help: ${printable(help)}`);
  if (changed !== undefined) {
    const number = palette.frame(String(changed.line).padStart(pad.length));
    out.push(`${number} ${palette.frame('+')} ${cut(changed.text, changed.at).shown}`);
  }
  return `${out.join('\n')}\n`;
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

/** The line that a fix leaves; nothing where it touches several. */
function changedLine({ edits }: Fix): { line: number; text: string; at: number } | undefined {
  const [first, ...others] = edits.map(({ span }) => span) as [Span, ...Span[]];
  const { line } = positionOf(first.source, first.start);
  const { text, start } = lineAt(first.source, line);
  const inside = ({ start: from, end }: Span): boolean =>
    from >= start && end <= start + text.length;
  if (![first, ...others].every(inside)) return undefined;
  return { line, text: applyEdits(text, edits, start), at: first.start - start };
}

/** What is shown of a line: all of it, or of a long one what stands around `at`. */
function cut(
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

function summary(diagnostics: readonly Diagnostic[]): string {
  const count = countSeverities(diagnostics);
  const said = (['error', 'warning', 'note'] as const)
    .filter((severity) => count[severity] > 0)
    .map((severity) => `${count[severity]} ${severity}${count[severity] === 1 ? '' : 's'}`);
  const files = new Set(diagnostics.map(({ labels: [{ span }] }) => span.source.name));
  const where = files.size === 1 ? ` in ${printable([...files][0] as string)}` : '';
  return `${said.join(', ')}${where}`;
}
