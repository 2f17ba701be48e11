import { bug } from '../bug.ts';
import type { IntervalSet, Point } from '../net/interval-set.ts';
import { BITS, type BoxColumns } from './box-columns.ts';
import { DIMENSIONS, type Dimension } from './dimensions.ts';
import { type Extent, extent } from './extent.ts';
import { isCutBy } from './live-cells.ts';
import type { Box } from './program.ts';
import { boxAt, type Shape } from './shapes.ts';

/** What comes after one another: boxes of one shape, or one box without any. */
export interface Stage {
  readonly shape: Shape | undefined;
  /** As places in the list of boxes; ascending. */
  readonly places: readonly number[];
}

/** So many stages a box passes on its way to its like; further off it begins a stage of its own. */
const MOST_PASSED = 64;

/**
 * Brings boxes of one shape together. A box moves before those of a stage only if no packet can tell:
 * if they can't meet, or if what they have in common was cut out of it.
 *
 * @param shapesAt the shapes that a box is left in; none if it is tested by itself, and void where
 *   nothing is left of it
 */
export function arrange(
  boxes: BoxColumns,
  shapesAt: (place: number) => readonly Shape[] | undefined,
): Stage[] {
  const stages: Open[] = [];
  for (let place = 0; place < boxes.length; place += 1) {
    const shapes = shapesAt(place);
    if (shapes === undefined) continue;
    if (shapes.length === 0) stages.push(open(undefined, [place]));
    for (const shape of shapes) join(stages, boxes, place, shape);
  }
  return stages;
}

function join(stages: Open[], boxes: BoxColumns, place: number, shape: Shape): void {
  // Where it may stand: before the coarser ones, so that later ones of those need not pass it.
  let early = stages.length;
  const last = Math.max(0, stages.length - MOST_PASSED);
  let box: Box | undefined;
  for (let at = stages.length - 1; at >= last; at -= 1) {
    const stage = stages[at] ?? bug('a stage is lost');
    if (stage.shape === shape) {
      stage.places.push(place);
      return;
    }
    const isCut = stage.shape !== undefined && isCutBy(shape, stage.shape);
    if (!isCut) {
      box ??= boxAt(boxes, place);
      if (meets(stage, boxes, box, shape)) break;
    }
    if (isCut && early === at + 1) early = at;
  }
  stages.splice(early, 0, open(shape, [place]));
}

interface Open {
  readonly shape: Shape | undefined;
  readonly places: number[];
  /** By dimension: where its boxes lie, and how many of them are taken account of. */
  readonly extents: Map<Dimension, { readonly extent: Extent; known: number }>;
}

const open = (shape: Shape | undefined, places: number[]): Open => ({
  shape,
  places,
  extents: new Map(),
});

/** Whether a packet of a box may lie in one of the stage's boxes. */
function meets(stage: Open, boxes: BoxColumns, box: Box, shape: Shape): boolean {
  const isApart = stage.shape?.guard.some(({ dimension, value }) =>
    shape.guard.some((other) => other.dimension === dimension && other.value !== value),
  );
  if (isApart) return false;
  return DIMENSIONS.every((dimension) => {
    const set = box[dimension] as IntervalSet<Point> | undefined;
    if (set === undefined) return true;
    const all = extentOf(stage, boxes, dimension);
    return all === undefined || all.meets(set);
  });
}

/** Where the boxes of a stage lie in a dimension; void if one of them does not ask for it. */
function extentOf(stage: Open, boxes: BoxColumns, dimension: Dimension): Extent | undefined {
  const placeAt = (at: number): number => stage.places[at] ?? bug('a box is lost');
  if ((boxes.asksAt(placeAt(0)) & BITS[dimension]) === 0) return undefined;
  const known = stage.extents.get(dimension) ?? { extent: extent(), known: 0 };
  stage.extents.set(dimension, known);
  for (; known.known < stage.places.length; known.known += 1) {
    known.extent.add(boxes.setAt(placeAt(known.known), dimension));
  }
  return known.extent;
}
