import type { IToken } from 'chevrotain';
import { bug } from '../src/bug.ts';
import type { Source } from '../src/text/source.ts';
import type { Parsed } from './parse.ts';
import { afterBlanks, type Fit, fill, fitShape, literalsOf, type Shape, shapeOf } from './shape.ts';
import type { RouteStatement, Statement } from './tree.ts';

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
  const statements: Statement[] = [];
  const allowances: Parsed['allowances'][number][] = [];
  // From here on nothing is read yet.
  let open = 0;
  const close = (to: number): boolean => {
    if (open >= to) return true;
    const parsed = parser.lines(open, to);
    for (const statement of parsed.statements) statements.push(statement);
    for (const allowance of parsed.allowances) allowances.push(allowance);
    return parsed.diagnostics.length === 0;
  };
  for (let line = 0; line < text.length; ) {
    const newline = text.indexOf('\n', line);
    const next = newline < 0 ? text.length : newline + 1;
    const statement = open < line && isContinued(text, line) ? undefined : take(line, next);
    if (statement !== undefined) {
      if (!close(line)) return undefined;
      statements.push(statement);
      open = next;
    }
    line = next;
  }
  return close(text.length) ? { statements, diagnostics: [], lost: [], allowances } : undefined;
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
  source: Source,
  parser: PartParser,
): (from: number, next: number) => RouteStatement | undefined {
  const { text } = source;
  const recent: Shape[] = [];
  const known = new Map<string, Shape>();
  /**
   * What a statement of a known shape says of itself once it is asked: for its tree it is parsed then. By itself it
   * has its place, its text and its shape alone, for there may be a hundred thousand.
   */
  const tree = {
    kind: 'route',
    get span(): RouteStatement['span'] {
      const { start, end } = this as unknown as Fit;
      return { source, start, end };
    },
    get matches(): RouteStatement['matches'] {
      return parsed(this as unknown as RouteStatement).matches;
    },
    get tiers(): RouteStatement['tiers'] {
      return parsed(this as unknown as RouteStatement).tiers;
    },
    get literals(): readonly string[] {
      const { shape, text: its } = this as unknown as Required<RouteStatement>;
      return literalsOf(shape, its);
    },
    get keyword(): RouteStatement['keyword'] {
      return parsed(this as unknown as RouteStatement).keyword;
    },
  };
  // Whoever asks one for a part of its tree asks for the others next.
  let last: { readonly of: RouteStatement; readonly statement: RouteStatement } | undefined;
  const parsed = (of: RouteStatement): RouteStatement => {
    if (last?.of === of) return last.statement;
    const { start, end } = of.span;
    const statement = parser.line(start, end)?.statement;
    if (statement?.kind !== 'route') return bug('a line of a known shape is no rule');
    last = { of, statement };
    return statement;
  };
  const read = (shape: Shape, from: number, to: number): RouteStatement | undefined => {
    const found = fitShape(shape, text, from, to);
    if (found === undefined) return undefined;
    const { start, end, literals, plain } = found;
    return {
      __proto__: tree,
      start,
      end,
      text: plain ? text.slice(start, end) : fill(shape.texts, literals),
      shape,
    } as unknown as RouteStatement;
  };

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
      const statement = read(shape, from, to);
      if (statement === undefined) continue;
      use(shape);
      return statement;
    }
    const line = text.slice(from, to);
    if (!PLAIN.test(line)) return undefined;
    const key = keyOf(line);
    const shape = known.get(key);
    const statement = shape && read(shape, from, to);
    if (statement !== undefined) {
      use(shape as Shape);
      return statement;
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
