import { type IntervalSet, intersection, type Point } from '../net/interval-set.ts';
import { intersectCubes } from '../net/mark.ts';
import { minutesOf, sameAtom, withAtoms, withMinutes } from './atoms.ts';
import { DIMENSIONS, type Dimension } from './dimensions.ts';
import type { Box } from './program.ts';

/** What lies in both boxes; nothing where no point does. */
export function intersectBoxes(a: Box, b: Box): Box | undefined {
  if (a.family !== b.family) return undefined;
  const sets: { [D in Dimension]?: IntervalSet<Point> } = {};
  for (const dimension of DIMENSIONS) {
    const [one, other] = [a[dimension], b[dimension]] as (IntervalSet<Point> | undefined)[];
    const set =
      one === undefined || other === undefined ? (one ?? other) : intersection(one, other);
    if (set === undefined) continue;
    if (set.length === 0) return undefined;
    sets[dimension] = set;
  }
  const mark =
    a.mark === undefined || b.mark === undefined
      ? (a.mark ?? b.mark)
      : intersectCubes(a.mark, b.mark);
  if (mark?.length === 0) return undefined;
  const box = { family: a.family, ...sets, ...(mark === undefined ? {} : { mark }) } as Box;
  return a.atoms === undefined && b.atoms === undefined ? box : withBoth(box, a, b);
}

/** The box with the atoms of both; nothing where they contradict each other. */
function withBoth(box: Box, a: Box, b: Box): Box | undefined {
  const atoms = [...(a.atoms ?? [])];
  for (const atom of b.atoms ?? []) {
    const same = sameAtom(a, atom);
    if (same === undefined) atoms.push(atom);
    else if (same.negated !== atom.negated) return undefined;
  }
  const out = withAtoms(box, atoms);
  const minutes = minutesOf(out);
  return minutes.length === 0 ? undefined : withMinutes(out, minutes);
}
