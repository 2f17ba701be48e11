import type { Evaluation, Outcome } from '../model/evaluate.ts';
import type { Nat } from '../model/program.ts';
import { formatEnds, formatRange } from '../net/prefix.ts';
import { quoted } from './format-packet.ts';

/** What becomes of a packet, as an `expect` would say it: all that is possible, each once. */
export function formatOutcomes(outcomes: Evaluation['outcomes']): string {
  return [...new Set(outcomes.map(({ outcome }) => formatOutcome(outcome)))].join(', ');
}

function formatOutcome(outcome: Outcome): string {
  if (outcome.kind !== 'uplink') return outcome.kind;
  const name = quoted(outcome.uplink.name);
  const nat = formatNat(outcome.nat);
  return nat === '' ? name : `${name} ${nat}`;
}

/** A NAT as the language writes it; empty where none is said. */
export function formatNat(nat: Nat): string {
  switch (nat.kind) {
    case 'none':
      return '';
    case 'snat':
      return `snat ${nat.ranges.map(formatEnds).join(', ')}`;
    case 'prefix':
      return `snat ${formatRange(nat.from)} to ${formatRange(nat.to)}`;
    default:
      return nat.kind;
  }
}
