import { atomKey } from '../model/atom-key.ts';
import { DIMENSIONS } from '../model/dimensions.ts';
import type { Box } from '../model/program.ts';

/** A box as a text: two are the same box if their keys are the same. */
export function boxKey(box: Box): string {
  const sets = DIMENSIONS.map((dimension) => box[dimension]?.join(' ') ?? '');
  const marks = box.mark?.map(({ value, mask }) => `${value}/${mask}`) ?? [];
  const atoms = box.atoms?.map((atom) => `${atom.negated ? 'not ' : ''}${atomKey(atom)}`) ?? [];
  return [box.family, ...sets, marks.sort().join(' '), ...atoms.sort()].join('|');
}
