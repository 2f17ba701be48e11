import {
  blockTitle,
  type IptablesRuleset,
  NO_IPTABLES,
  settledLines,
} from '../../plan/iptables-ruleset.ts';
import { iptablesSteps } from '../../plan/iptables-steps.ts';
import { type NftTable, parseNftTable, refill, settledText } from '../../plan/nft-table.ts';
import { type Command, isIptables, isNft } from '../../plan/step.ts';
import type { Plan } from '../draw-plan.ts';
import { withEmptyKernel } from '../empty-kernel.ts';
import type { Finding } from '../finding.ts';
import { readIptables } from '../live-state.ts';
import { type Ran, run } from '../run.ts';
import type { PreflightCheck } from './preflight.ts';

/**
 * What nft and iptables are to read is tried first: the way there and the way back, as far as they were written for
 * what is live now, in an empty kernel that is made like this one.
 */
export const rulesetLoads: PreflightCheck = {
  name: 'ruleset',
  run: (plan) => [...nftLoads(plan), ...iptablesLoads(plan)],
};

function nftLoads({ steps, live, target }: Plan): readonly Finding[] {
  const its = steps.filter((step) => isNft(step.run));
  const [first] = its;
  if (first === undefined) return [];
  const { stdin } = first.run;
  const checked =
    stdin === undefined ? { stdout: '' } : run({ argv: ['nft', '-c', '-f', '-'], stdin });
  if ('refused' in checked) return [{ severity: 'error', message: checked.refused }];
  const like = live.nft === undefined ? [] : [{ argv: NFT, stdin: refill(live.nft) } as const];
  const read = (load: Load): Blocks | Refused => {
    const listing = load({ argv: ['nft', 'list', 'ruleset'] });
    return 'refused' in listing ? listing : nftBlocks(parseNftTable(listing.stdout));
  };
  return rehearse(like, its, nftBlocks(live.nft), nftBlocks(target.state.nft), read);
}

const NFT = ['nft', '-f', '-'] as const;

function iptablesLoads({ steps, live, target }: Plan): readonly Finding[] {
  const its = steps.filter((step) => isIptables(step.run));
  if (its.length === 0) return [];
  const like = iptablesSteps(live.iptables, NO_IPTABLES).map((step) => step.run);
  const read = (load: Load): Blocks | Refused => {
    const found = readIptables(load);
    return 'refused' in found ? found : iptablesBlocks(found.value);
  };
  const [from, to] = [live, target.state].map(({ iptables }) => iptablesBlocks(iptables)) as [
    Blocks,
    Blocks,
  ];
  return rehearse(like, its, from, to, read);
}

type Load = (command: Command) => Ran;
type Refused = { readonly refused: string };
/** The settled text of each set, map and chain. */
type Blocks = ReadonlyMap<string, string>;

const nftBlocks = (table: NftTable | undefined): Blocks =>
  new Map([...(table ?? [])].map(([name, block]) => [name, settledText(block)]));
const iptablesBlocks = (ruleset: IptablesRuleset): Blocks =>
  new Map(
    [...ruleset.values()].map((block) => [blockTitle(block), settledLines(block).join('\n')]),
  );

/** Goes there and back in an empty kernel, and looks each time at what stands there then. */
function rehearse(
  like: readonly Command[],
  steps: Plan['steps'],
  from: Blocks,
  to: Blocks,
  read: (load: Load) => Blocks | Refused,
): readonly Finding[] {
  const there = steps.map((step) => step.run);
  const back = steps.flatMap(({ undo }) => undo ?? []).reverse();
  const error = ({ refused }: Refused): Finding => ({
    severity: 'error',
    message: `tried beforehand: ${refused}`,
  });
  const wrong = withEmptyKernel((load): Finding | Refused | undefined => {
    const go = (commands: readonly Command[], expected: Blocks): Refused | undefined => {
      for (const command of commands) {
        const ran = load(command);
        if ('refused' in ran) return ran;
      }
      const found = read(load);
      if ('refused' in found) return found;
      const name = [...new Set([...found.keys(), ...expected.keys()])].find(
        (each) => found.get(each) !== expected.get(each),
      );
      if (name === undefined) return undefined;
      return { refused: `\`${name}\` would not be as it should` };
    };
    const unlike = go(like, from);
    // Somebody led it to what is his own, say. That must keep nobody from taking it away, or from mending it.
    if (unlike !== undefined) {
      return {
        severity: 'warning',
        message: `not tried beforehand: what is live can't be made anew elsewhere: ${unlike.refused}`,
      };
    }
    const failed = go(there, to) ?? go(back, from);
    return failed === undefined ? undefined : error(failed);
  });
  if (wrong === undefined) return [];
  return ['refused' in wrong ? error(wrong) : wrong];
}
