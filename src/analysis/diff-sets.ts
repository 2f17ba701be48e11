import type { Atom, Box, DomainSet, Program, Rule } from '../model/program.ts';
import { allOf, type Series } from '../series.ts';

/** What differs in sets that fill at run time, and what each of the newer program is called in the older one. */
export interface SetsDiffer {
  readonly sentences: readonly string[];
  readonly same: ReadonlyMap<string, string>;
}

/** Sets of the same domain names are the same, whatever they are called; of the same name and others, not. */
export function diffSets(was: Program, now: Program): SetsDiffer {
  const used = new Set(setsIn(was).filter((name) => setsIn(now).includes(name)));
  const old = new Map(was.domains.map((set) => [set.name, set]));
  const same = new Map<string, string>();
  const sentences: string[] = [];
  for (const set of now.domains) {
    const namesake = old.get(set.name);
    const twin =
      namesake !== undefined && namesOf(namesake) === namesOf(set)
        ? namesake
        : was.domains.find((other) => namesOf(other) === namesOf(set));
    // A namesake of other domains is another set, unless rules of both ask for it.
    const stranger = namesake !== undefined && !used.has(set.name) ? `${set.name} (new)` : set.name;
    same.set(set.name, twin?.name ?? stranger);
    if (twin !== undefined || namesake === undefined || !used.has(set.name)) continue;
    const gone = namesake.domains.filter((name) => !set.domains.includes(name));
    const came = set.domains.filter((name) => !namesake.domains.includes(name));
    const parts = [
      ...(came.length === 0 ? [] : [`also learns ${came.join(', ')}`]),
      ...(gone.length === 0 ? [] : [`no longer learns ${gone.join(', ')}`]),
    ];
    sentences.push(`the set \`${set.name}\` ${parts.join(', and ')}`);
  }
  return { sentences, same };
}

const namesOf = ({ domains }: DomainSet): string => [...new Set(domains)].sort().join(' ');

const listsOf = ({ forwarded, inbound, local, marked }: Program): readonly Rule[] => [
  ...allOf(forwarded),
  ...allOf(inbound),
  ...allOf(local),
  ...allOf(marked),
];

function setsIn(program: Program): string[] {
  if (program.domains.length === 0) return [];
  const names = listsOf(program).flatMap(({ boxes }) =>
    boxes.flatMap(({ atoms = [] }) =>
      atoms.flatMap((atom) => (atom.kind === 'set' ? [atom.name] : [])),
    ),
  );
  return [...new Set(names)];
}

/** A program whose rules ask for sets by other names. */
export function withSetNames(program: Program, names: ReadonlyMap<string, string>): Program {
  if ([...names].every(([name, other]) => name === other)) return program;
  const renamed = (atom: Atom): Atom =>
    atom.kind === 'set' ? { ...atom, name: names.get(atom.name) ?? atom.name } : atom;
  const boxOf = (box: Box): Box =>
    box.atoms === undefined ? box : { ...box, atoms: box.atoms.map(renamed) };
  const rules = (list: Series<Rule>): Rule[] =>
    allOf(list).map(({ id, text, place, boxes, target }) => {
      return { id, text, place, boxes: boxes.map(boxOf), target };
    });
  return {
    ...program,
    forwarded: rules(program.forwarded),
    inbound: rules(program.inbound),
    local: rules(program.local),
    marked: rules(program.marked),
  };
}
