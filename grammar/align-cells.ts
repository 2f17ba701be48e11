import stringWidth from 'string-width';

/** A stretch of a line that may be moved to a column. */
export interface Cell {
  /** Cells of different kinds share no column. */
  readonly kind: string;
  readonly text: string;
}

/** How wide a column is, and the columns behind it, by the kind of their cells. */
interface Column {
  width: number;
  readonly next: Map<string, Column>;
}

/**
 * Joins the cells of each row with blanks, so that rows that begin with the same kinds of cells have
 * them in the same columns. The last cell of a row widens no column, nor does one wider than
 * `widest`: so one long word is not paid for in every line.
 */
export function alignCells(rows: readonly (readonly Cell[])[], widest: number): string[] {
  const first: Column = { width: 0, next: new Map() };
  const placed = rows.map((row) => {
    let column = first;
    const cells = inColumns(row, widest).map(({ kind, text }) => {
      column = behind(column, kind);
      const width = widthOf(text);
      column.width = Math.max(column.width, width);
      return { column, text, width };
    });
    return { cells, rest: row.slice(cells.length) };
  });
  return placed.map(({ cells, rest }) => {
    const padded = cells.map(
      ({ column, text, width }) => `${text}${' '.repeat(column.width - width)}`,
    );
    return [...padded, ...rest.map(({ text }) => text)].join(' ');
  });
}

/** The cells that stand in columns: those before the last one, and before one that is too wide. */
function inColumns(row: readonly Cell[], widest: number): readonly Cell[] {
  const wide = row.findIndex(({ text }) => text.length > widest || widthOf(text) > widest);
  // Where none is, its -1 leaves the last one out.
  return row.slice(0, wide);
}

function behind({ next }: Column, kind: string): Column {
  const column = next.get(kind) ?? { width: 0, next: new Map() };
  next.set(kind, column);
  return column;
}

/** What a terminal shows it as: a quoted text may hold characters of two columns. */
function widthOf(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : stringWidth(text);
}
