import { render as renderBatch } from '../../../templates/batch.hbs';
import { render } from '../../../templates/nftables.hbs';
import type { Program } from '../../model/program.ts';
import { LIMITS } from '../../model/structures.ts';
import { joined, type Series } from '../../series.ts';
import { joinPieces } from '../../text/join-pieces.ts';
import type { Emitted } from '../artefact.ts';
import { atomName, describeAtom } from '../atom-name.ts';
import { emitDnsmasq } from '../dnsmasq/emit-dnsmasq.ts';
import { namedAtoms } from '../named-atoms.ts';
import { fillNamed } from './atoms.ts';
import { NFT_SETS } from './nft-sets.ts';
import { view } from './view.ts';

/** The ruleset of a program, `policy.nft`, and the names that it speaks of, each in a file of its own. */
export function emitNftables(program: Program, base: string): Emitted {
  const { title, kept, filled, chains, tests } = view(program, base);
  const text = render({
    title,
    kept,
    filled: filled.map(({ elements, ...rest }) => ({
      ...rest,
      // A long list is no nicer to read with six blanks before each line.
      block: block(elements, elements.length < LIMITS.manyElements ? '      ' : '', ','),
    })),
    chains: chains.map(({ name, hook, rules }) => ({
      name,
      hook,
      block: block(rules, '    ', ''),
    })),
  });
  const artefacts = [
    ...namedAtoms(joined([program.local, program.marked])).map((atom) => {
      const suffix = `${atom.kind}.${atomName(atom)}.nft`;
      const title = [
        `routec, ${base}.route: ${describeAtom(atom)}; before ${base}.nft, where the router has it`,
        `nft -f ${base}.${suffix}`,
      ];
      return { suffix, text: renderBatch({ title, lines: fillNamed(atom) }) };
    }),
    { suffix: 'nft', text },
    emitDnsmasq(program, base, NFT_SETS),
  ];
  const lookUps = filled.flatMap(({ name, rules }) => (rules === undefined ? [] : { name, rules }));
  const counted = chains.flatMap(({ name, counted: rules = [] }) =>
    rules.length === 0 ? [] : [{ name, rules }],
  );
  return { artefacts, lookUps, counted, tests };
}

/** Lines as one text: they may be a million, and a template takes its time over each piece. */
function block(lines: Series<string>, before: string, after: string): string {
  if (lines.length === 0) return '';
  const text = joinPieces(lines.length, (at) => lines.at(at) as string, `${after}\n${before}`);
  return before + text + after;
}
