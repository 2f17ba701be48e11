import type { IptablesBlock } from '../plan/iptables-ruleset.ts';
import { nftChange } from '../plan/nft-change.ts';
import type { Block } from '../plan/nft-table.ts';
import type { State } from '../plan/state.ts';
import type { Command } from '../plan/step.ts';
import { withEmptyKernel } from './empty-kernel.ts';

type Rulesets = Pick<State, 'nft' | 'iptables'>;

/**
 * Rulesets without the users and cgroups that are no more. What lists them names a cgroup that is gone by a number or by
 * its path, and neither can be loaded (but nft 1.1.7 takes the number, which is nobody's any more): an apply, a way back or a `down` would fail for what no packet is of.
 */
export function withoutGone({ nft, iptables }: Rulesets): Rulesets {
  const sets = [...(nft?.values() ?? [])].filter(isOfName);
  const chains = [...iptables.values()].filter(isChainOfName);
  if (sets.length + chains.length === 0) return { nft, iptables };
  const gone = withEmptyKernel((load) => {
    const isRefused = (command: Command): boolean => 'refused' in load(command);
    return {
      sets: sets.filter((block) => isNumber(block) || isRefused(nftOf(block))),
      chains: chains.filter((block) => isRefused(restoreOf(block))),
    };
  });
  if ('refused' in gone) return { nft, iptables };
  return {
    nft: nft && emptied(nft, gone.sets, { content: [] }),
    iptables: emptied(iptables, gone.chains, { lines: [] }),
  };
}

const isOfName = ({ keyword, declaration, content }: Block): boolean =>
  keyword === 'set' && content.length > 0 && /^type (uid|cgroupsv2)$/.test(declaration[0] ?? '');
/** A path stands in quotes, whatever its name. */
const isNumber = ({ declaration, content }: Block): boolean =>
  declaration[0] === 'type cgroupsv2' && content.some((element) => /^\d/.test(element));
const isChainOfName = ({ kind, name, lines }: IptablesBlock): boolean =>
  kind === 'chain' && lines.length > 0 && /^routec-(user|cgroup)-/.test(name);

const nftOf = (block: Block): Command => ({
  argv: ['nft', '-f', '-'],
  stdin: nftChange(new Map([[block.name, block]]), new Map()),
});
const restoreOf = ({ tool, table, name, lines }: IptablesBlock): Command => ({
  argv: [`${tool}-restore`, '-w', '--noflush'],
  stdin: [`*${table}`, `:${name} - [0:0]`, ...lines, 'COMMIT', ''].join('\n'),
});

function emptied<B extends object>(
  ruleset: ReadonlyMap<string, B>,
  gone: readonly B[],
  content: Partial<B>,
): ReadonlyMap<string, B> {
  return new Map(
    [...ruleset].map(([key, block]) => [
      key,
      gone.includes(block) ? { ...block, ...content } : block,
    ]),
  );
}
