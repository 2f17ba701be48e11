import { hashKey } from '../net/hash-key.ts';
import type { Interval, Point } from '../net/interval-set.ts';
import type { SetOf } from './shapes.ts';

/** So many intervals are kept apart; more are taken for one that reaches over all of them. */
const MOST_INTERVALS = 64;

/** Where the sets that were added lie, roughly: it never says of two that meet that they do not. */
export interface Extent {
  readonly add: (set: SetOf) => void;
  readonly meets: (set: SetOf) => boolean;
}

export function extent(): Extent {
  const points = new Set<number | string>();
  let pointHull: Interval<Point> | undefined;
  let intervals: Interval<Point>[] = [];
  return {
    add: (set) => {
      for (const [low, high] of set) {
        if (low === high) {
          points.add(hashKey(low));
          pointHull = around(pointHull, [low, high]);
        } else intervals.push([low, high]);
      }
      if (intervals.length > MOST_INTERVALS) {
        const all = intervals.reduce<Interval<Point> | undefined>(around, undefined);
        intervals = all === undefined ? [] : [all];
      }
    },
    meets: (set) => {
      const hull: SetOf =
        set.length > MOST_INTERVALS
          ? [[(set[0] as Interval<Point>)[0], (set.at(-1) as Interval<Point>)[1]]]
          : set;
      return hull.some(
        ([low, high]) =>
          (low === high
            ? points.has(hashKey(low))
            : pointHull !== undefined && isOver(pointHull, [low, high])) ||
          intervals.some((each) => isOver(each, [low, high])),
      );
    },
  };
}

const around = (
  hull: Interval<Point> | undefined,
  [low, high]: Interval<Point>,
): Interval<Point> =>
  hull === undefined
    ? [low, high]
    : [hull[0] < low ? hull[0] : low, hull[1] > high ? hull[1] : high];

const isOver = (a: Interval<Point>, b: Interval<Point>): boolean => a[0] <= b[1] && b[0] <= a[1];
