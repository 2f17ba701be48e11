import type { Packet } from '../model/packet.ts';
import type { Box } from '../model/program.ts';
import { subtractBoxes } from '../model/subtract-boxes.ts';
import { witness } from '../model/witness.ts';
import { type Budget, mayTry, TRIES } from './budget.ts';
import { probe } from './probe.ts';
import { firstMatch } from './rule-index.ts';
import type { Entry, RuleList } from './rule-lists.ts';

/** Whether some packet of a box gets past all that a list asks before a place. */
export type WayTo =
  | { readonly kind: 'free'; readonly packet: Packet }
  /** Those that take the packets, each at least one. */
  | { readonly kind: 'taken'; readonly by: readonly Entry[] }
  | { readonly kind: 'undecided' };

/**
 * Looks for a packet of a box that no entry before `order` takes. What takes a packet that was tried is
 * taken out of the box, until a packet gets through or nothing is left: exact, unless the budget ends.
 */
export function wayTo(list: RuleList, box: Box, order: number, budget: Budget): WayTo {
  const by = new Set<Entry>();
  const left: Box[] = [box];
  for (let tries = 0; ; tries += 1) {
    const piece = left.pop();
    if (piece === undefined) return { kind: 'taken', by: [...by] };
    if (!mayTry(budget, tries)) return { kind: 'undecided' };
    const packet = tries === 0 ? witness(piece, list.local) : probe(piece, list.local);
    if (packet === undefined) continue;
    const first = firstMatch(list, packet, budget);
    if (first === undefined || first.order >= order) return { kind: 'free', packet };
    by.add(first);
    const pieces = subtractBoxes([piece], [first.box], TRIES);
    if (pieces === undefined) return { kind: 'undecided' };
    left.push(...pieces);
  }
}
