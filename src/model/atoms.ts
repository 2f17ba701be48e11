import { complement, type IntervalSet, intersection } from '../net/interval-set.ts';
import { atomKey } from './atom-key.ts';
import type { Atom, Box } from './program.ts';

/** The minutes of a week, from Monday 00:00. */
const WEEK: IntervalSet<number> = [[0, 7 * 24 * 60 - 1]];
const LAST_MINUTE = 7 * 24 * 60 - 1;

/** The minutes of the week at which all times of a box hold. */
export function minutesOf({ atoms = [] }: Box): IntervalSet<number> {
  return atoms.reduce(
    (minutes, atom) => (atom.kind === 'time' ? intersection(minutes, timeOf(atom)) : minutes),
    WEEK,
  );
}

/** When a time holds. */
export function timeOf(atom: Atom & { readonly kind: 'time' }): IntervalSet<number> {
  return atom.negated ? complement(atom.minutes, LAST_MINUTE) : atom.minutes;
}

/** The box, at these minutes and no others. */
export function withMinutes<B extends Box>(box: B, minutes: IntervalSet<number>): B {
  const others = (box.atoms ?? []).filter(({ kind }) => kind !== 'time');
  const [only] = minutes;
  const always = minutes.length === 1 && only?.[0] === 0 && only[1] === LAST_MINUTE;
  return withAtoms(box, always ? others : [...others, { kind: 'time', minutes, negated: false }]);
}

/** The box, with these atoms and no others. */
export function withAtoms<B extends Box>({ atoms: _, ...box }: B, atoms: readonly Atom[]): B {
  return { ...box, ...(atoms.length === 0 ? {} : { atoms }) } as unknown as B;
}

/** Whether an atom of the box is the same question; its opposite is, too. */
export function sameAtom({ atoms = [] }: Box, atom: Atom): Atom | undefined {
  const key = atomKey(atom);
  return atoms.find((each) => atomKey(each) === key);
}

/** Whether only what a socket sends can be of it, or of its opposite. */
export function asksSocket({ kind }: Atom): boolean {
  return kind === 'user' || kind === 'cgroup';
}

/** Whether all of one cgroup is of another. */
export function isBelow(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}/`);
}
