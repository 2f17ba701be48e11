import { type Drift, rulesetsDrift } from '../plan/drift.ts';
import { NO_IPTABLES } from '../plan/iptables-ruleset.ts';
import type { NftTable } from '../plan/nft-table.ts';
import { readArtefactLines } from '../plan/read-artefacts.ts';
import type { Running } from './draw-plan.ts';
import { readIptables, readNftTable } from './live-state.ts';
import { tryRuleset } from './try-ruleset.ts';
import { withoutGone } from './without-gone.ts';

/** The ruleset as it is. */
export interface RulesetSeen {
  /** That of nft, in numbers; none where none is loaded. */
  readonly live: NftTable | undefined;
  /** In words. */
  readonly drift: readonly Drift[];
}

/** What compares the ruleset with the one that is wanted; what nft makes of that is found out once. */
export function rulesetReader({ files }: Running): () => RulesetSeen | { refused: string } {
  const loads = readArtefactLines(new Map(Object.entries(files)));
  const tried = new Map<boolean, ReturnType<typeof tryRuleset>>();
  const compare = (numbers: boolean): RulesetSeen | { refused: string } => {
    const wanted = tried.get(numbers) ?? tryRuleset(loads, numbers);
    if ('refused' in wanted) return wanted;
    tried.set(numbers, wanted);
    const live = readNftTable(numbers);
    if ('refused' in live) return live;
    const iptables = loads.iptables === undefined ? { value: NO_IPTABLES } : readIptables();
    if ('refused' in iptables) return iptables;
    const seen = withoutGone({ nft: live.value, iptables: iptables.value });
    const drift = rulesetsDrift(wanted, seen);
    return { live: live.value, drift };
  };
  return () => {
    // A long list takes nft seconds: what is as it should be is listed once.
    const seen = compare(true);
    if ('refused' in seen || seen.drift.length === 0) return seen;
    const told = compare(false);
    return 'refused' in told ? told : { live: seen.live, drift: told.drift };
  };
}
