import { atomKey } from '../model/atom-key.ts';
import type { Rule } from '../model/program.ts';
import { FAMILIES, type Family } from '../net/address.ts';
import type { Series } from '../series.ts';
import type { NamedAtom } from './atom-name.ts';

/** The users and cgroups that rules name in some families, each once, in the order of their keys. */
export function namedAtoms(
  rules: Series<Rule>,
  families: readonly Family[] = FAMILIES,
): NamedAtom[] {
  const found = new Map<string, NamedAtom>();
  for (const rule of rules) {
    const { variation } = rule;
    // What varies are intervals alone.
    const boxes = variation === undefined ? rule.boxes : [variation.form.of];
    const those = boxes.filter(({ family }) => families.includes(family));
    for (const atom of those.flatMap(({ atoms = [] }) => atoms)) {
      if (atom.kind === 'user' || atom.kind === 'cgroup') found.set(atomKey(atom), atom);
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, atom]) => atom);
}
