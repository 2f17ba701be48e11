import { render as renderBatch } from '../../../templates/batch.hbs';
import { render } from '../../../templates/iptables.hbs';
import type { Program } from '../../model/program.ts';
import { FAMILIES } from '../../net/address.ts';
import { joined } from '../../series.ts';
import type { Artefact, Emitted } from '../artefact.ts';
import { atomName, describeAtom } from '../atom-name.ts';
import { emitDnsmasq } from '../dnsmasq/emit-dnsmasq.ts';
import { namedAtoms } from '../named-atoms.ts';
import { IPSETS } from './ipsets.ts';
import { marksOf } from './marks.ts';
import { namedChain, namedRule } from './named.ts';
import type { KernelSet } from './sets.ts';
import type { Jump, Table } from './table.ts';
import { view } from './view.ts';

const NEEDS = 'It needs iptables 1.8.9 and ipset 7.17 or newer (tried up to 1.8.13 and 7.24).';

/** The files that `ipset` and `iptables-restore` load: sets, chains, what leads into them, and the way back. */
export function emitIptables(program: Program, base: string): Emitted {
  const { tables, sets, stale, tests } = view(program);
  const setFile = (suffix: string, about: string, lines: readonly string[]): Artefact => ({
    suffix,
    text:
      lines.length === 0
        ? ''
        : renderBatch({
            title: [
              `routec: ${about} of ${base}.route`,
              `ipset -exist restore -file ${base}.${suffix}`,
            ],
            lines,
          }),
  });
  const marks = marksOf(program.marking.mask);
  const artefacts = [
    setFile('ipset', 'the sets', sets.flatMap(create)),
    ...FAMILIES.flatMap((family) => {
      const tool = family === 4 ? 'iptables' : 'ip6tables';
      const file = (
        suffix: string,
        about: string,
        blocks: readonly { name: string; chains: readonly string[]; lines: readonly string[] }[],
      ): Artefact => ({
        suffix: `${suffix}${tool}`,
        text: render({
          title: [
            `routec, ${base}.route: ${about}`,
            `${tool}-restore -w --noflush ${base}.${suffix}${tool}`,
            ...(suffix === '' ? [NEEDS] : []),
          ],
          tables: blocks,
        }),
      });
      return [
        ...namedAtoms(joined([program.local, program.marked]), [family]).flatMap((atom) => {
          const name = namedChain(atom);
          const chains = [name];
          const rule = namedRule(atom, marks, program.marking.main);
          const stem = `${atom.kind}.${atomName(atom)}.`;
          const what = `${describeAtom(atom)}; before the chains, where the router has it`;
          const lines = [`-A ${name} ${rule}`];
          return [
            file(stem, what, [{ name: 'mangle', chains, lines }]),
            file(`${stem}absent.`, `${what} not`, [{ name: 'mangle', chains, lines: [] }]),
          ];
        }),
        file(
          '',
          'the chains; a reload loads them again',
          tables[family].map((table) => fill(table, stale)),
        ),
        file('hook.', 'what leads into them; once, after the chains', tables[family].map(hook)),
        file('down.', 'takes all of it away', [...tables[family]].reverse().map(down)),
      ];
    }),
    setFile(
      'down.ipset',
      'takes the sets away; after the chains',
      sets.map(({ name }) => `destroy ${name}`),
    ),
    emitDnsmasq(program, base, IPSETS),
  ];
  const lookUps = sets.flatMap(({ name, rules }) => (rules === undefined ? [] : { name, rules }));
  // A rule of iptables says by its comment whose it is.
  return { artefacts, lookUps, counted: [], tests };
}

const create = ({ name, type, elements }: KernelSet): string[] => [
  `create ${name} ${type}`,
  ...elements.map((element) => `add ${name} ${element}`),
];

interface Block {
  readonly name: string;
  readonly chains: readonly string[];
  readonly lines: readonly string[];
}

/** Chains that are declared are emptied and filled in one go; those of slots that are gone go too. */
function fill({ name, chains }: Table, stale: readonly string[]): Block {
  const gone = name === 'mangle' ? stale : [];
  const names = chains.map((chain) => chain.name);
  return {
    name,
    chains: [...names, ...gone],
    lines: [
      ...chains.flatMap((chain) =>
        chain.rules.map((rule) => (rule.startsWith('#') ? rule : `-A ${chain.name} ${rule}`)),
      ),
      ...gone.map((each) => `-X ${each}`),
    ],
  };
}

const hook = ({ name, jumps }: Table): Block => ({
  name,
  chains: [],
  lines: jumps.map(({ from, to, place }) =>
    place === 'first' ? `-I ${from} 1 -j ${to}` : `-A ${from} -j ${to}`,
  ),
});

const down = ({ name, chains, jumps, kept = [] }: Table): Block => {
  const names = [...chains.map((chain) => chain.name), ...kept];
  return {
    name,
    chains: [],
    lines: [
      ...jumps.map(({ from, to }: Jump) => `-D ${from} -j ${to}`),
      ...names.map((each) => `-F ${each}`),
      ...names.map((each) => `-X ${each}`),
    ],
  };
};
