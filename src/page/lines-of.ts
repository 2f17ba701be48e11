import { lineAt, type Source, startsOf } from '../text/source.ts';
import type { Mark, Place } from './view-of.ts';

/** A line of a file as the page shows it, or so many that it leaves out. */
export type Line =
  | {
      readonly kind: 'line';
      readonly number: number;
      readonly text: string;
      readonly mark?: Mark['kind'];
      /** The first of its mark: the one that is labelled. */
      readonly first: boolean;
    }
  | { readonly kind: 'gap'; readonly count: number };

/** Of a longer policy only the lines that matter are shown, and so many around each. */
const MOST_LINES = 3000;
const AROUND = 4;
/** More characters of a line are left out. */
const WIDTH = 1000;

/** A line that stands for several things is shown as the first of these. */
const ORDER = ['decides', 'uplink', 'fits'] as const;

/**
 * The lines of a file that are shown.
 *
 * @param whole whether all are
 */
export function linesOf(source: Source, marks: readonly Mark[], whole: boolean): Line[] {
  const own = ORDER.flatMap((kind) =>
    marks.filter((mark) => mark.kind === kind && mark.file === source.name),
  );
  const count = countOf(source);
  const out: Line[] = [];
  let shown = 0;
  const gapTo = (number: number): void => {
    if (number > shown + 1) out.push({ kind: 'gap', count: number - shown - 1 });
  };
  for (const number of whole ? numbers(1, count) : near(own, count)) {
    gapTo(number);
    const mark = own.find((each) => holds(each, number));
    const { text } = lineAt(source, number);
    const cut = text.length > WIDTH ? `${text.slice(0, WIDTH)} ...` : text;
    const its = mark === undefined ? {} : { mark: mark.kind };
    out.push({ kind: 'line', number, text: cut, ...its, first: mark?.from === number });
    shown = number;
  }
  gapTo(count + 1);
  return out;
}

/** Whether a policy is short enough to be shown as a whole. */
export function fitsWhole(sources: readonly Source[]): boolean {
  return sources.reduce((sum, source) => sum + countOf(source), 0) <= MOST_LINES;
}

/** What follows the last end of a line is none, if it is empty. */
function countOf(source: Source): number {
  const starts = startsOf(source);
  return starts.at(-1) === source.text.length ? starts.length - 1 : starts.length;
}

const holds = ({ from, to }: Place, line: number): boolean => from <= line && line <= to;

function* numbers(from: number, to: number): Iterable<number> {
  for (let number = from; number <= to; number += 1) yield number;
}

/** The first lines, and those around the places, in order. */
function near(places: readonly Place[], count: number): number[] {
  const shown = new Set(numbers(1, Math.min(count, 2 * AROUND)));
  for (const { from, to } of places) {
    const last = Math.min(count, Math.min(to, from + MOST_LINES) + AROUND);
    for (const number of numbers(Math.max(1, from - AROUND), last)) shown.add(number);
  }
  return [...shown].sort((a, b) => a - b);
}
