import type { TokenType } from 'chevrotain';
import { alignCells, type Cell } from './align-cells.ts';
import { breakLines, type Line } from './break-lines.ts';
import type { Lexed } from './lex.ts';

const INDENT = ' '.repeat(4);
/** What is wider stands in no column: a clause of an uplink, a line in front of its comment. */
const WIDEST_CLAUSE = 60;
const WIDEST_LINE = 100;

/**
 * The canonical text of well-formed statements: the same words with one blank between them, and the
 * same comments, on the same lines, in columns.
 */
export function layOut(lexed: Lexed): string {
  const lines = breakLines(lexed);
  return withComments(lines, inColumns(lines))
    .map((text, index) => `${lines[index]?.gap ? '\n' : ''}${text}\n`)
    .join('');
}

/** The words of each line. The first lines of adjacent statements of one kind have columns. */
function inColumns(lines: readonly Line[]): string[] {
  let block: TokenType | undefined;
  const rows = lines.map(({ gap, statement, cells }, index) => {
    const other = statement !== undefined && statement !== block;
    if (other) block = statement;
    const behindList = lines[index - 1]?.cells[0]?.text.startsWith('}');
    return { begins: gap || other || behindList === true, cells };
  });
  return alignRuns(rows, WIDEST_CLAUSE);
}

/** The lines with their comments: those at the ends of adjacent lines stand in one column. */
function withComments(lines: readonly Line[], words: readonly string[]): string[] {
  const rows = lines.map(({ depth, gap, cells, comment, goesOn }, index) => {
    const ends = comment !== undefined && cells.length > 0;
    const opensList = words[index]?.endsWith('{') === true;
    const begins = gap || !ends || opensList || depth !== lines[index - 1]?.depth;
    const text = `${words[index]}${cells.length > 0 ? '' : comment}${goesOn ? ' \\' : ''}`;
    const all = [`${INDENT.repeat(depth)}${text}`, ...(ends ? [comment] : [])];
    return { begins, cells: all.map((each) => ({ kind: '', text: each })) };
  });
  return alignRuns(rows, WIDEST_LINE);
}

/** Aligns rows, each run of them for itself. */
function alignRuns(
  rows: readonly { readonly begins: boolean; readonly cells: readonly Cell[] }[],
  widest: number,
): string[] {
  const runs: (readonly Cell[])[][] = [];
  for (const { begins, cells } of rows) {
    if (begins || runs.length === 0) runs.push([]);
    runs.at(-1)?.push(cells);
  }
  return runs.flatMap((run) => alignCells(run, widest));
}
