import { bug } from '../src/bug.ts';
import { series } from '../src/series.ts';
import type { Source } from '../src/text/source.ts';
import { WholeNumbers } from '../src/whole-numbers.ts';
import type { Parsed } from './parse.ts';
import type { PartParser } from './parse-by-shapes.ts';
import { type Fit, fill, literalsOf, type Shape } from './shape.ts';
import type { RouteStatement, Statement } from './tree.ts';

/** Gathers the statements of a text. */
export interface StatementList {
  readonly add: (statement: Statement) => void;
  /** A rule on a line of a shape. */
  readonly addLine: (line: Fit) => void;
  readonly all: () => Pick<Parsed, 'statements' | 'others'>;
}

/**
 * Of a line of a shape only its place is kept. The statement is made when it is asked for, its tree when that is: there
 * may be a hundred thousand, and most are never looked at.
 */
export function statementList(source: Source, parser: PartParser): StatementList {
  const { text } = source;
  const whole = new Map<number, Statement>();
  /** Three of each statement: where it begins, where it ends, and twice its shape's number, one more if it is plain; or -1. */
  const lines = new WholeNumbers();
  const numbers = new Map<Shape, number>();
  const shapes: Shape[] = [];
  const numberOf = (shape: Shape): number => {
    let number = numbers.get(shape);
    if (number === undefined) {
      number = shapes.length;
      numbers.set(shape, number);
      shapes.push(shape);
    }
    return number;
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
      whole.set(lines.length / 3, statement);
      for (const number of [0, 0, -1]) lines.push(number);
    },
    addLine: ({ start, end, shape, plain }) => {
      lines.push(start);
      lines.push(end);
      lines.push(2 * numberOf(shape) + (plain ? 1 : 0));
    },
    all: () => ({
      statements: series(lines.length / 3, (place) => {
        const number = lines.at(3 * place + 2);
        if (number < 0) return whole.get(place) ?? bug('a statement is lost');
        const [start, end] = [lines.at(3 * place), lines.at(3 * place + 1)];
        return new Line(shapes[number >> 1] as Shape, start, end, (number & 1) === 1);
      }),
      others: [...whole.keys()].filter((place) => whole.get(place)?.kind !== 'route'),
    }),
  };
}
