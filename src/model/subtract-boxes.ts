import { difference, type IntervalSet, intersection, type Point } from '../net/interval-set.ts';
import { differenceCubes, intersectCubes } from '../net/mark.ts';
import { LAST_USER } from '../net/user.ts';
import { absentPoint } from './absent-point.ts';
import { asksSocket, minutesOf, sameAtom, timeOf, withAtoms, withMinutes } from './atoms.ts';
import { DIMENSIONS, type Dimension, lastPoint } from './dimensions.ts';
import type { Atom, Box } from './program.ts';

/**
 * What lies in some of the boxes and in none of the others, as disjoint boxes if the first ones are;
 * nothing where that would take more than `most`. Packets that can't be (ports without a protocol
 * that has them) may be among what is left: `witness` knows.
 */
export function subtractBoxes(
  boxes: readonly Box[],
  others: Iterable<Box>,
  most: number,
): readonly Box[] | undefined {
  let left = boxes;
  for (const other of others) {
    if (left.length === 0) break;
    const next: Box[] = [];
    for (const box of left) {
      const pieces = subtractBox(box, other, most);
      if (pieces === undefined) return undefined;
      for (const piece of pieces) next.push(piece);
      if (next.length > most) return undefined;
    }
    left = next;
  }
  return left;
}

/**
 * What is in `a` and not in `b`: for each dimension that `b` asks, in their order, what lies beyond it
 * there and within it before. So protocols are parted before what only some of them have.
 */
function subtractBox(a: Box, b: Box, most: number): Box[] | undefined {
  if (a.family !== b.family) return [a];
  const out: Box[] = [];
  let inside: Box = a;
  for (const dimension of DIMENSIONS) {
    const other = b[dimension] as IntervalSet<Point> | undefined;
    if (other === undefined) continue;
    const set = (a[dimension] as IntervalSet<Point> | undefined) ?? all(dimension, a);
    const common = intersection(set, other);
    if (common.length === 0) return [a];
    const beyond = difference(set, other);
    if (beyond.length > 0) out.push(withSet(inside, dimension, beyond));
    inside = withSet(inside, dimension, common);
  }
  if (b.mark !== undefined) {
    const marks = a.mark ?? [{ value: 0, mask: 0 }];
    if (intersectCubes(marks, b.mark).length === 0) return [a];
    const beyond = differenceCubes(marks, b.mark, most);
    if (beyond === undefined) return undefined;
    if (beyond.length > 0) out.push({ ...inside, mark: beyond });
    inside = { ...inside, mark: intersectCubes(marks, b.mark) };
  }
  for (const atom of b.atoms ?? []) {
    const pieces = atom.kind === 'time' ? byTime(inside, timeOf(atom)) : byAtom(inside, atom);
    if (pieces === undefined) return [a];
    out.push(...pieces.beyond);
    inside = pieces.within;
  }
  return out;
}

/** A box in two; nothing where none of it is within. */
type Parted = { readonly within: Box; readonly beyond: readonly Box[] } | undefined;

function byTime(box: Box, minutes: IntervalSet<number>): Parted {
  const all_ = minutesOf(box);
  const [within, beyond] = [intersection(all_, minutes), difference(all_, minutes)];
  if (within.length === 0) return undefined;
  return {
    within: withMinutes(box, within),
    beyond: beyond.length === 0 ? [] : [withMinutes(box, beyond)],
  };
}

function byAtom(box: Box, atom: Atom): Parted {
  const same = sameAtom(box, atom);
  if (same !== undefined)
    return same.negated === atom.negated ? { within: box, beyond: [] } : undefined;
  const atoms = box.atoms ?? [];
  const opposite = withAtoms(box, [...atoms, { ...atom, negated: !atom.negated }]);
  const within = withAtoms(box, [...atoms, atom]);
  if (!asksSocket(atom)) return { within, beyond: [opposite] };
  // What no socket sends is neither.
  const nobody = [[LAST_USER + 1, LAST_USER + 1]] as const;
  const user = box.user === undefined ? nobody : intersection(box.user, nobody);
  return { within, beyond: user.length === 0 ? [opposite] : [opposite, { ...box, user }] };
}

function withSet(box: Box, dimension: Dimension, set: IntervalSet<Point>): Box {
  return { ...box, [dimension]: set } as unknown as Box;
}

/** All points of a dimension, that of a packet without any among them. */
function all(dimension: Dimension, { family }: Box): IntervalSet<Point> {
  const last = absentPoint(dimension, family) ?? lastPoint(dimension, family);
  return [[typeof last === 'bigint' ? 0n : 0, last]];
}
