import type { IToken, TokenType } from 'chevrotain';
import { commentText } from './comment-text.ts';
import type { Lexed } from './lex.ts';
import { Close, Comma, Comment, Continuation, keyword as k, Newline, Open } from './tokens.ts';

/** A line of the formatted text. */
export interface Line {
  /** In steps of four blanks. */
  readonly depth: number;
  /** Whether an empty line stands above it. */
  readonly gap: boolean;
  /** The word of the statement that begins here. */
  readonly statement: TokenType | undefined;
  /** Its words; none where a comment stands alone. */
  readonly cells: { readonly kind: string; text: string }[];
  comment?: string;
  /** Whether a `\` joins the next line to it. */
  goesOn?: true;
}

/** The words that begin the clauses of an uplink. One of the last three may be written. */
const CLAUSES: ReadonlyMap<TokenType, string> = new Map([
  ...(
    ['dev', 'gateway', 'mac', 'address', 'table', 'mark', 'weight', 'mtu-clamp', 'check'] as const
  ).map((word) => [k[word], word] as const),
  ...(['snat', 'masquerade', 'nonat'] as const).map((word) => [k[word], 'nat'] as const),
]);

/** The statement that is being read. */
interface Begun {
  /** The line that its last word stands on. */
  line: Line;
  words: number;
  /** Of the line that it has come to: 1 behind a `\`. */
  depth: 0 | 1;
  /** Whether a list in braces is open, and is over lines. */
  list: 'none' | 'flat' | 'tall';
  /** Whether nothing stands below its `{` yet. */
  fresh: boolean;
}

/**
 * The lines of well-formed statements, which are those of their text. A line ends elsewhere only where
 * a list in braces goes over lines (no value stays on the lines of its braces), where a comma began a
 * line (it goes up to its value), and where a `\` joined nothing.
 */
export function breakLines({ tokens, asides }: Lexed): Line[] {
  const pieces = inOrder(tokens, asides);
  const lines: Line[] = [];
  let open: Begun | undefined;

  const begin = (depth: number, breaks: number, statement?: TokenType): Line => {
    const gap = breaks > 1 && lines.length > 0 && open?.fresh !== true;
    const line: Line = { depth, gap, statement, cells: [] };
    lines.push(line);
    if (open !== undefined) open.fresh = false;
    return line;
  };
  const addComment = (text: string, breaks: number): void => {
    if (open !== undefined && breaks === 0) open.line.comment = text;
    else begin(open?.list === 'tall' ? open.depth + 1 : 0, breaks).comment = text;
  };
  const addComma = (): void => {
    const cell = open?.line.cells.at(-1);
    if (cell !== undefined) cell.text += ',';
  };
  const addWord = ({ tokenType, image }: IToken, breaks: number): void => {
    if (open === undefined) {
      const line = begin(0, breaks, tokenType);
      open = { line, words: 0, depth: 0, list: 'none', fresh: false };
    } else if (open.list === 'tall') {
      if (tokenType === Close) {
        // Else there are only comments.
        if (open.line.cells.at(-1)?.text.endsWith('{') === false) addComma();
        open.line = begin(open.depth, 0);
      }
      if (tokenType !== Close && (open.fresh || breaks > 0)) {
        open.line = begin(open.depth + 1, breaks);
      }
    } else if (open.list === 'none' && breaks > 0) {
      open.line.goesOn = true;
      open.depth = 1;
      open.line = begin(open.depth, 0);
    }
    const { cells, statement } = open.line;
    const kind = kindOf(statement, open.words, tokenType);
    const last = cells.at(-1);
    if (last === undefined || kind !== undefined) cells.push({ kind: kind ?? '', text: image });
    else last.text += ` ${image}`;
    open.words += 1;
  };

  pieces.forEach((piece, index) => {
    switch (piece.tokenType) {
      case Newline:
        if (open?.list === 'none') open = undefined;
        break;
      case Continuation:
        break;
      case Comment:
        addComment(commentText(piece), breaksBefore(pieces, index));
        break;
      case Comma:
        if (!isLast(pieces, index)) addComma();
        break;
      default:
        addWord(piece, breaksBefore(pieces, index));
    }
    if (open === undefined) return;
    if (piece.tokenType === Open) {
      open.list = isTall(pieces, index) ? 'tall' : 'flat';
      open.fresh = open.list === 'tall';
    } else if (piece.tokenType === Close) open.list = 'none';
  });
  return lines;
}

/** Whether a word begins a cell, and of which kind. */
function kindOf(
  statement: TokenType | undefined,
  words: number,
  tokenType: TokenType,
): string | undefined {
  if (statement === k.uplink) return CLAUSES.get(tokenType);
  return statement === k.set && words === 2 ? '' : undefined;
}

/** Whether the list that is opened at an index holds anything, and an end of a line. */
function isTall(pieces: readonly IToken[], index: number): boolean {
  let breaks = false;
  let content = false;
  for (let at = index + 1; pieces[at] !== undefined && pieces[at]?.tokenType !== Close; at += 1) {
    if (isBreak(pieces[at])) breaks = true;
    else content = true;
  }
  return breaks && content;
}

/** Whether a comma has no value behind it in its list: that is for the layout of the list to write. */
function isLast(pieces: readonly IToken[], comma: number): boolean {
  let next = comma + 1;
  while (isBreak(pieces[next]) || pieces[next]?.tokenType === Comment) next += 1;
  return pieces[next]?.tokenType === Close;
}

/** The ends of lines in front of a piece, or of the comma in front of it. */
function breaksBefore(pieces: readonly IToken[], index: number): number {
  let first = index;
  while (isBreak(pieces[first - 1])) first -= 1;
  if (first === index && pieces[index - 1]?.tokenType === Comma) {
    return breaksBefore(pieces, index - 1);
  }
  return index - first;
}

function isBreak(piece: IToken | undefined): boolean {
  return piece?.tokenType === Newline || piece?.tokenType === Continuation;
}

/** Two lists of tokens as one, in the order of the text. */
function inOrder(some: readonly IToken[], others: readonly IToken[]): IToken[] {
  const out: IToken[] = [];
  let next = 0;
  for (const token of some) {
    for (; (others[next]?.startOffset ?? Infinity) < token.startOffset; next += 1) {
      out.push(others[next] as IToken);
    }
    out.push(token);
  }
  for (; next < others.length; next += 1) out.push(others[next] as IToken);
  return out;
}
