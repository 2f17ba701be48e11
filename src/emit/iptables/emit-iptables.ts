import { render as renderBatch } from '../../../templates/batch.hbs';
import { render } from '../../../templates/iptables.hbs';
import type { Program } from '../../model/program.ts';
import { FAMILIES } from '../../net/address.ts';
import type { Artefact } from '../artefact.ts';
import type { KernelSet } from './sets.ts';
import type { Jump, Table } from './table.ts';
import { view } from './view.ts';

/** The files that `ipset` and `iptables-restore` load: sets, chains, what leads into them, and the way back. */
export function emitIptables(program: Program, base: string): Artefact[] {
  const { tables, sets, stale } = view(program);
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
  return [
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
            `${tool}-restore --noflush ${base}.${suffix}${tool}`,
          ],
          tables: blocks,
        }),
      });
      return [
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
  ];
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

const down = ({ name, chains, jumps }: Table): Block => ({
  name,
  chains: [],
  lines: [
    ...jumps.map(({ from, to }: Jump) => `-D ${from} -j ${to}`),
    ...chains.map((chain) => `-F ${chain.name}`),
    ...chains.map((chain) => `-X ${chain.name}`),
  ],
});
