import { startFinder } from './start-finder.ts';

/** One text that was read: a policy, an included file or a list. */
export interface Source {
  /** As the person wrote it: the path from the command line, or relative to the policy's folder. */
  readonly name: string;
  readonly text: string;
  /** False for files outside the policy's folder: a diagnostic never quotes those. */
  readonly quotable: boolean;
}

/** A stretch of a source, in UTF-16 offsets; `end` is exclusive. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in characters (code points). */
  readonly column: number;
}

const lineStarts = new WeakMap<Source, readonly number[]>();

/** The offset at which each line begins. */
export function startsOf(source: Source): readonly number[] {
  let starts = lineStarts.get(source);
  if (starts === undefined) {
    const found = [0];
    for (let at = source.text.indexOf('\n'); at >= 0; at = source.text.indexOf('\n', at + 1)) {
      found.push(at + 1);
    }
    starts = found;
    lineStarts.set(source, starts);
  }
  return starts;
}

const finders = new WeakMap<Source, ReturnType<typeof startFinder>>();

/** The line of an offset, from 1. */
export function lineOf(source: Source, offset: number): number {
  const find = finders.get(source) ?? startFinder(startsOf(source));
  finders.set(source, find);
  return find(offset) + 1;
}

/** Line and column of an offset. */
export function positionOf(source: Source, offset: number): Position {
  const line = lineOf(source, offset);
  const start = startsOf(source)[line - 1] as number;
  // Counting characters of a line of megabytes for every finding would take quadratic time.
  const before = source.text.slice(start, Math.min(offset, start + 10_000));
  const column = [...before].length + Math.max(0, offset - start - 10_000) + 1;
  return { line, column };
}

/** Where a span begins and ends (exclusive), without a line ending at its end. */
export function regionOf({ source, start, end }: Span): { start: Position; end: Position } {
  const text = source.text.slice(Math.max(start, end - 2), end);
  const ending = /\r?\n$/.exec(text)?.[0].length ?? 0;
  return { start: positionOf(source, start), end: positionOf(source, end - ending) };
}

/** The text of a line (from 1), without its line ending, and the offset at which it starts. */
export function lineAt(source: Source, line: number): { text: string; start: number } {
  const starts = startsOf(source);
  const start = starts[line - 1] ?? source.text.length;
  const next = starts[line];
  const text = source.text.slice(start, next === undefined ? undefined : next - 1);
  return { text: text.endsWith('\r') ? text.slice(0, -1) : text, start };
}

/** The smallest span that holds both; they must be of one source. */
export function join(first: Span, last: Span): Span {
  return { source: first.source, start: first.start, end: last.end };
}
