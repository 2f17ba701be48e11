import { lastSlot, markSlot } from '../model/marking.ts';
import { type Numbered, numberSlots, type Wanted } from '../model/number-slots.ts';
import type { Lock } from '../model/program.ts';
import type { Report } from '../text/diagnostic.ts';
import { type Outcome, outcomesOf } from './outcomes.ts';
import type { Policy } from './policy.ts';
import { reportNumbers } from './report-numbers.ts';

/** The outcomes of a policy, each with its number. */
export interface NumberedPolicy {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly numbered: Numbered;
}

/**
 * Gives each outcome of a policy its number. `lock` is what the manifest of the last compile kept.
 * Numbers that clash or run out are reported, also where something else is wrong with the policy.
 */
export function numberPolicy(
  policy: Policy,
  lock: Lock | undefined,
  report: Report,
): NumberedPolicy {
  const { markMask } = policy.options;
  const outcomes = outcomesOf(policy);
  const wanted = [...outcomes.values()].map((outcome) => wantedOf(outcome, markMask));
  const numbered = numberSlots(wanted, lock, lastSlot(markMask));
  reportNumbers(policy, numbered, outcomes, report);
  return { outcomes, numbered };
}

/** How many rules the end of an ordering takes; drop and reject have one for local packets. */
const END_RULES = { unreachable: 0, main: 1, drop: 2, reject: 2 } as const;

/** The number that an outcome needs: an uplink's own mark pins its first slot. */
function wantedOf(outcome: Outcome, mask: number): Wanted {
  const { key } = outcome;
  if (outcome.kind === 'ordering') {
    return { key, rules: outcome.tiers.length + END_RULES[outcome.end] };
  }
  if (outcome.kind === 'transit') return { key, rules: 0 };
  const { mark, name } = outcome.uplink;
  const pin = mark === undefined || key !== name ? undefined : markSlot(mask, mark.value);
  return pin === undefined ? { key } : { key, pin };
}
