import {
  blockTitle,
  type IptablesRuleset,
  NO_IPTABLES,
  settledLines,
} from '../../plan/iptables-ruleset.ts';
import { iptablesSteps } from '../../plan/iptables-steps.ts';
import { nftSteps } from '../../plan/nft-steps.ts';
import {
  essence,
  type NftTable,
  parseNftTable,
  refill,
  settledText,
} from '../../plan/nft-table.ts';
import { type Command, isIptables, isNft, type Step } from '../../plan/step.ts';
import { type Plan, refilling } from '../draw-plan.ts';
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
  once: true,
  otherwise: refilling,
};

function nftLoads({ steps, live, target }: Plan): readonly Finding[] {
  const its = steps.filter((step) => isNft(step.run));
  const [first] = its;
  if (first === undefined) return [];
  const { stdin } = first.run;
  const checked =
    stdin === undefined ? { stdout: '' } : run({ argv: ['nft', '-c', '-f', '-'], stdin });
  if ('refused' in checked) return [{ severity: 'error', message: checked.refused }];
  const read = (load: Load): Blocks | Refused => {
    const listing = load({ argv: ['nft', 'list', 'ruleset'], lists: true });
    return 'refused' in listing ? listing : nftBlocks(parseNftTable(listing.stdout));
  };
  const [from, to] = whatMatters(its, live.nft, target);
  const like = from === undefined ? [] : [{ argv: NFT, stdin: refill(from) } as const];
  return rehearse(like, its, nftBlocks(from), nftBlocks(to), read);
}

/** The two tables; without the elements that stay, where the very same steps lead from one to the other. */
function whatMatters(
  steps: readonly Step[],
  from: NftTable | undefined,
  { state, ...target }: Plan['target'],
): readonly [from: NftTable | undefined, to: NftTable | undefined] {
  const to = state.nft;
  if (from === undefined || to === undefined || target.wholly) return [from, to];
  const [less, more] = essence(from, to);
  const commands = (its: readonly Step[]): string =>
    JSON.stringify(its.map(({ run, undo }) => [run, undo]));
  const same = commands(nftSteps(more, less, target)) === commands(steps);
  return same ? [less, more] : [from, to];
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
