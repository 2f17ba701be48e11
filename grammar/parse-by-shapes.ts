import type { IToken } from 'chevrotain';
import type { Source } from '../src/text/source.ts';
import type { Parsed } from './parse.ts';
import { afterBlanks, type Fit, fitShape, type Shape, shapeOf } from './shape.ts';
import { statementList } from './statement-list.ts';
import type { Statement } from './tree.ts';

/** What the parser makes of a part of a text. */
export interface PartParser {
  /** Of lines. */
  readonly lines: (from: number, to: number) => Parsed;
  /** Of one line without quotes, braces and comments; void where it is no statement. */
  readonly line: (
    from: number,
    to: number,
  ) => { readonly statement: Statement; readonly tokens: readonly IToken[] } | undefined;
}

/**
 * The statements of a text whose lines are many and whose shapes are few: the first line of a shape
 * is parsed; of the others the tree is made only if somebody looks at it. Void if anything is wrong
 * anywhere: what is said about that is the parser's, who then reads the text as a whole.
 */
export function parseByShapes(source: Source, parser: PartParser): Parsed | undefined {
  const { text } = source;
  const take = shapeReader(source, parser);
  const statements = statementList(source, parser);
  const allowances: Parsed['allowances'][number][] = [];
  // From here on nothing is read yet.
  let open = 0;
  const close = (to: number): boolean => {
    if (open >= to) return true;
    const parsed = parser.lines(open, to);
    for (const statement of parsed.statements) statements.add(statement);
    for (const allowance of parsed.allowances) allowances.push(allowance);
    return parsed.diagnostics.length === 0;
  };
  for (let line = 0; line < text.length; ) {
    const newline = text.indexOf('\n', line);
    const next = newline < 0 ? text.length : newline + 1;
    const taken = open < line && isContinued(text, line) ? undefined : take(line, next);
    if (taken !== undefined) {
      if (!close(line)) return undefined;
      if ('kind' in taken) statements.add(taken);
      else statements.addLine(taken);
      open = next;
    }
    line = next;
  }
  if (!close(text.length)) return undefined;
  return { ...statements.all(), diagnostics: [], lost: [], allowances };
}

/** Whether a `\` may join the line that begins here to the one before. */
function isContinued(text: string, line: number): boolean {
  let at = line - 2;
  while (at >= 0 && ' \t\r'.includes(text.charAt(at))) at -= 1;
  return text.charAt(at) === '\\';
}

/** Of the shapes seen last, so many are tried before the others are looked up. */
const RECENT = 8;
/** No quote, brace, comment, `=` or `\`, and nothing that is no plain ASCII. */
const PLAIN = /^[ \t!$-<>-[\]-z|~]*$/;

/** Reads the `route` on a line by the shapes of those before it; void where there is any doubt. */
function shapeReader(
  { text }: Source,
  parser: PartParser,
): (from: number, next: number) => Fit | Statement | undefined {
  const recent: Shape[] = [];
  const known = new Map<string, Shape>();
  const use = (shape: Shape): void => {
    const place = recent.indexOf(shape);
    if (place === 0) return;
    if (place > 0) recent.splice(place, 1);
    recent.unshift(shape);
    if (recent.length > RECENT) recent.pop();
  };

  return (from, next) => {
    let to = next;
    if (text.charAt(to - 1) === '\n') to -= text.charAt(to - 2) === '\r' ? 2 : 1;
    if (!text.startsWith('route', afterBlanks(text, from))) return undefined;
    for (const shape of recent) {
      const fit = fitShape(shape, text, from, to);
      if (fit === undefined) continue;
      use(shape);
      return fit;
    }
    const line = text.slice(from, to);
    if (!PLAIN.test(line)) return undefined;
    const key = keyOf(line);
    const shape = known.get(key);
    const fit = shape && fitShape(shape, text, from, to);
    if (shape !== undefined && fit !== undefined) {
      use(shape);
      return fit;
    }
    const whole = parser.line(from, to);
    if (whole?.statement.kind !== 'route') return undefined;
    const { statement: first, tokens } = whole;
    const its = shapeOf(first, tokens);
    if (its === undefined) return first;
    known.set(key, its);
    use(its);
    return { ...first, shape: its };
  };
}

/** A line without what lines of one shape differ in. */
function keyOf(line: string): string {
  const via = /[ \t]via[ \t]/.exec(line)?.index ?? line.length;
  const head = line.slice(0, via).replace(/([ \t,])[0-9][^ \t,]*/g, '$1#');
  return head.replace(/[ \t]+/g, ' ').trim() + line.slice(via).trim();
}
