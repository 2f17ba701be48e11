import { bug } from '../../bug.ts';
import type { Atom, Program } from '../../model/program.ts';
import { FAMILIES, type Family } from '../../net/address.ts';
import { joined } from '../../series.ts';
import { atomName, type NamedAtom } from '../atom-name.ts';
import { namedAtoms } from '../named-atoms.ts';
import { timePieces } from '../time-pieces.ts';
import { ip, type Part, quoted } from './names.ts';

/** How long an address that the resolver told of stays without a new connection to it, or new word of it. */
const LEARNED = '1d';

/** Sets that are filled by others: declared, and never emptied here. */
export function kept({ local, marked, domains }: Program): Part {
  return {
    kept: [
      ...namedAtoms(joined([local, marked])).map((atom) => ({
        keyword: 'set' as const,
        name: namedSet(atom),
        declaration: [TYPE[atom.kind]],
      })),
      ...domains.flatMap(({ name }) =>
        FAMILIES.map((family) => ({
          keyword: 'set' as const,
          name: domainSet(name, family),
          declaration: [
            `type ipv${family}_addr`,
            'size 65535',
            'flags dynamic,timeout',
            `timeout ${LEARNED}`,
          ],
        })),
      ),
    ],
    filled: [],
    chains: [],
  };
}

const TYPE = { user: 'type uid', cgroup: 'type cgroupsv2' } as const;

/** The set that holds a user or a cgroup, where the router has it. */
export const namedSet = (atom: NamedAtom): string => `${atom.kind}_${atomName(atom)}`;

/** The set of the addresses of some names. */
export const domainSet = (name: string, family: Family): string => `domains_${ip(family)}_${name}`;

/** An atom's tests: it holds where one of them does; of a cgroup's opposite, where the one does not. */
export function atomTests(atom: Atom, family: Family): string[] {
  const isIn = atom.negated ? '!= @' : '@';
  switch (atom.kind) {
    case 'time':
      return timePieces(atom).map(({ days, minutes }) =>
        [
          ...(days === undefined ? [] : [`meta day ${anonymous(days.map(nftDay))}`]),
          // A number is taken as it stands, a time as that of the zone of whoever loads it.
          ...(minutes === undefined
            ? []
            : [`meta hour ${minutes[0] * 60}-${minutes[1] * 60 + 59}`]),
        ].join(' '),
      );
    case 'user':
      return [`meta skuid ${isIn}${namedSet(atom)}`];
    case 'cgroup':
      return [`socket cgroupv2 level ${atom.path.split('/').length} @${namedSet(atom)}`];
    case 'set':
      return [`${addressOf(atom, family)} ${isIn}${domainSet(atom.name, family)}`];
    default:
      atom satisfies never;
      return bug('an atom without a test');
  }
}

/** What a rule that takes a packet does to the sets that it was found in: what is used stays. */
export function refresh(atom: Atom, family: Family): string[] {
  if (atom.kind !== 'set' || atom.negated) return [];
  return [`update @${domainSet(atom.name, family)} { ${addressOf(atom, family)} }`];
}

const addressOf = ({ side }: Atom & { readonly kind: 'set' }, family: Family): string =>
  `${ip(family)} ${side === 'source' ? 'saddr' : 'daddr'}`;

/** Sunday is 0 there. */
const nftDay = (day: number): number => (day + 1) % 7;

const anonymous = (values: readonly number[]): string =>
  values.length === 1 ? `${values[0]}` : `{ ${values.join(', ')} }`;

/** What fills the set of a user or a cgroup, as lines: as a whole it fails where there is no such name. */
export function fillNamed(atom: NamedAtom): string[] {
  const set = `inet routec ${namedSet(atom)}`;
  return [
    'add table inet routec',
    `add set ${set} { ${TYPE[atom.kind]}; }`,
    `flush set ${set}`,
    `add element ${set} { ${quoted(atom.kind === 'user' ? atom.name : atom.path)} }`,
  ];
}
