import { bug } from '../src/bug.ts';
import { type Series, series } from '../src/series.ts';
import type { Source } from '../src/text/source.ts';
import type { PartParser } from './parse-by-shapes.ts';
import { type Fit, fill, literalsOf, type Shape } from './shape.ts';
import type { RouteStatement, Statement } from './tree.ts';

/** Gathers the statements of a text. */
export interface StatementList {
  readonly add: (statement: Statement) => void;
  /** A rule on a line of a shape. */
  readonly addLine: (line: Fit) => void;
  readonly all: () => Series<Statement>;
}

/**
 * Of a line of a shape only its place is kept. The statement is made when it is asked for, its tree when that is: there
 * may be a hundred thousand, and most are never looked at.
 */
export function statementList(source: Source, parser: PartParser): StatementList {
  const { text } = source;
  const whole = new Map<number, Statement>();
  const starts: number[] = [];
  const ends: number[] = [];
  const shapes: (Shape | undefined)[] = [];
  const plains: boolean[] = [];
  const put = (start: number, end: number, shape: Shape | undefined, plain: boolean): void => {
    starts.push(start);
    ends.push(end);
    shapes.push(shape);
    plains.push(plain);
  };
  // Whoever asks one for a part of its tree asks for the others next.
  let last: { readonly start: number; readonly statement: RouteStatement } | undefined;
  const parsed = (start: number, end: number): RouteStatement => {
    if (last?.start === start) return last.statement;
    const statement = parser.line(start, end)?.statement;
    if (statement?.kind !== 'route') return bug('a line of a known shape is no rule');
    last = { start, statement };
    return statement;
  };

  class Line implements RouteStatement {
    readonly kind = 'route';
    readonly shape: Shape;
    private readonly start: number;
    private readonly end: number;
    private readonly plain: boolean;
    constructor(shape: Shape, start: number, end: number, plain: boolean) {
      this.shape = shape;
      this.start = start;
      this.end = end;
      this.plain = plain;
    }
    get span(): RouteStatement['span'] {
      return { source, start: this.start, end: this.end };
    }
    get text(): string {
      return this.plain ? text.slice(this.start, this.end) : fill(this.shape.texts, this.literals);
    }
    get literals(): readonly string[] {
      return literalsOf(this.shape, text, this.start);
    }
    get keyword(): RouteStatement['keyword'] {
      return parsed(this.start, this.end).keyword;
    }
    get matches(): RouteStatement['matches'] {
      return parsed(this.start, this.end).matches;
    }
    get tiers(): RouteStatement['tiers'] {
      return parsed(this.start, this.end).tiers;
    }
  }

  return {
    add: (statement) => {
      whole.set(starts.length, statement);
      put(0, 0, undefined, false);
    },
    addLine: ({ start, end, shape, plain }) => put(start, end, shape, plain),
    all: () =>
      series(starts.length, (place) => {
        const shape = shapes[place];
        if (shape === undefined) return whole.get(place) ?? bug('a statement is lost');
        return new Line(
          shape,
          starts[place] as number,
          ends[place] as number,
          plains[place] as boolean,
        );
      }),
  };
}
