import { type NftTable, parseNftTable, refill, settledText } from '../../plan/nft-table.ts';
import { type Command, isNft } from '../../plan/step.ts';
import { withEmptyKernel } from '../empty-kernel.ts';
import type { Finding } from '../finding.ts';
import { type Ran, run } from '../run.ts';
import type { PreflightCheck } from './preflight.ts';

/**
 * What nft is to read is tried first: the way there and the way back, as far as they were written for what
 * is live now, in an empty kernel that is made like this one.
 */
export const rulesetLoads: PreflightCheck = {
  name: 'ruleset',
  run: ({ steps, live, target }) => {
    const its = steps.filter((step) => isNft(step.run));
    const [first] = its;
    if (first === undefined) return [];
    const { stdin } = first.run;
    const checked =
      stdin === undefined ? { stdout: '' } : run({ argv: ['nft', '-c', '-f', '-'], stdin });
    if ('refused' in checked) return [{ severity: 'error', message: checked.refused }];
    const tried = withEmptyKernel((load) => {
      const there = its.map((step) => step.run);
      const back = its.flatMap(({ undo }) => undo ?? []).reverse();
      return (
        rehearse(load, live.nft === undefined ? [] : [like(live.nft)], live.nft) ??
        rehearse(load, there, target.state.nft) ??
        rehearse(load, back, live.nft)
      );
    });
    if (tried === undefined) return [];
    return [{ severity: 'error', message: 'refused' in tried ? tried.refused : tried.message }];
  },
};

const like = (table: NftTable): Command => ({ argv: ['nft', '-f', '-'], stdin: refill(table) });

/** Runs commands; says what went wrong, or what does not stand there in the end. */
function rehearse(
  load: (command: Command) => Ran,
  commands: readonly Command[],
  expected: NftTable | undefined,
): Finding | undefined {
  for (const command of commands) {
    const ran = load(command);
    if ('refused' in ran) return { severity: 'error', message: `tried beforehand: ${ran.refused}` };
  }
  const listing = load({ argv: ['nft', 'list', 'ruleset'] });
  if ('refused' in listing) return { severity: 'error', message: listing.refused };
  const found = parseNftTable(listing.stdout);
  const names = new Set([...found.keys(), ...(expected?.keys() ?? [])]);
  const wrong = [...names].find((name) => {
    const [is, was] = [found.get(name), expected?.get(name)];
    return is === undefined || was === undefined || settledText(is) !== settledText(was);
  });
  if (wrong === undefined) return undefined;
  return { severity: 'error', message: `tried beforehand: \`${wrong}\` would not be as it should` };
}
