import type { Interval, Point } from '../net/interval-set.ts';
import { type Dimension, lastPoint } from './dimensions.ts';
import type { Box } from './program.ts';

/** A box, and the dimensions in which others differ from it in their one interval. */
export interface Form {
  readonly of: Box;
  readonly dimensions: readonly Dimension[];
}

/**
 * A box that differs from another in an interval. The ends of such intervals stand among many others, from a place on:
 * of a hundred thousand such boxes nothing else need be made.
 */
export interface Variation {
  /** The very same one for all that differ alike. */
  readonly form: Form;
  readonly ends: readonly Point[];
  readonly at: number;
}

/** The box that a variation is. */
export function varied({ form: { of, dimensions }, ends, at }: Variation): Box {
  const sets = dimensions.map((dimension, index) => [
    dimension,
    [[ends[at + 2 * index], ends[at + 2 * index + 1]] as Interval<Point>],
  ]);
  return { ...of, ...Object.fromEntries(sets) };
}

/** Whether it asks for something wherever the other box does: what holds everything asks for nothing. */
export function asksAlike({ form: { of, dimensions }, ends, at }: Variation): boolean {
  for (let index = 0; index < dimensions.length; index += 1) {
    const dimension = dimensions[index] as Dimension;
    if (of[dimension] === undefined) return false;
    const [low, high] = [ends[at + 2 * index] as Point, ends[at + 2 * index + 1] as Point];
    if (low <= 0 && high === lastPoint(dimension, of.family)) return false;
  }
  return true;
}
