import type { Evaluation, Outcome } from '../model/evaluate.ts';
import type { Nat } from '../model/program.ts';
import { quoted } from './format-packet.ts';
import { formatNat } from './outcomes.ts';

/** What becomes of a packet, as an `expect` would say it: all that is possible, each once. */
export function formatOutcomes(outcomes: Evaluation['outcomes']): string {
  return [...new Set(outcomes.map(({ outcome }) => formatOutcome(outcome)))].join(', ');
}

function formatOutcome(outcome: Outcome): string {
  if (outcome.kind !== 'uplink') return outcome.kind;
  return formatTarget(outcome.uplink.name, outcome.nat);
}

/** An uplink, and what becomes of the source address there if anything does. */
export function formatTarget(uplink: string, nat: Nat): string {
  const name = quoted(uplink);
  return nat.kind === 'none' ? name : `${name} ${formatNat(nat)}`;
}
