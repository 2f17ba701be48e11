import { intersectBoxes } from '../model/intersect-boxes.ts';
import type { Packet } from '../model/packet.ts';
import type { Box } from '../model/program.ts';
import { subtractBoxes } from '../model/subtract-boxes.ts';
import { witness } from '../model/witness.ts';
import type { RoutePolicy } from '../policy/policy.ts';
import { type Budget, isSpent, mayTry, TRIES } from './budget.ts';
import { probe } from './probe.ts';
import { firstMatch, visitMeeting } from './rule-index.ts';
import type { Entry, RuleList } from './rule-lists.ts';

/** Whether the packets that an entry takes would fare the same without it. */
export type Redundancy =
  | { readonly kind: 'needed' | 'undecided' }
  | {
      readonly kind: 'redundant';
      /** Those that would take them; none where no rule would. */
      readonly next: readonly Entry[];
      /** One of the packets, if there is any. */
      readonly packet?: Packet;
    };

/** More entries between a rule and what would follow it are not looked at. */
const MOST_BETWEEN = 64;

/**
 * Looks for a packet that an entry takes and that would fare otherwise without its rule, and without
 * those that are `gone`.
 */
export function redundancyOf(
  list: RuleList,
  entry: Entry,
  gone: ReadonlySet<RoutePolicy>,
  budget: Budget,
): Redundancy {
  const passed = ({ route }: Entry): boolean =>
    route !== undefined && (route === entry.route || gone.has(route));
  const { key } = entry.destiny;
  const next = new Set<Entry>();
  const left: Box[] = [entry.box];
  let its: Packet | undefined;
  for (let tries = 0; left.length > 0; tries += 1) {
    const piece = left.pop() as Box;
    if (!mayTry(budget, tries)) return { kind: 'undecided' };
    const packet = tries === 0 ? witness(piece, list.local) : probe(piece, list.local);
    if (packet === undefined) continue;
    const first = firstMatch(list, packet, budget);
    if (first !== undefined && first.order < entry.order) {
      const rest = subtractBoxes([piece], [first.box], TRIES);
      if (rest === undefined) return { kind: 'undecided' };
      left.push(...rest);
      continue;
    }
    its ??= packet;
    const follower = firstMatch(list, packet, budget, entry.order, passed);
    if ((follower?.destiny ?? list.rest).key !== key) return { kind: 'needed' };
    if (follower !== undefined) next.add(follower);
    const cell = follower === undefined ? piece : intersectBoxes(piece, follower.box);
    if (cell === undefined) return { kind: 'undecided' };
    const between = othersBetween(list, entry, cell, passed, budget, follower?.order);
    if (between === 'needed') return { kind: 'needed' };
    if (between === 'undecided') return { kind: 'undecided' };
    const rest = follower === undefined ? [] : subtractBoxes([piece], [follower.box], TRIES);
    if (rest === undefined) return { kind: 'undecided' };
    left.push(...rest, ...between);
  }
  return { kind: 'redundant', next: [...next], ...(its === undefined ? {} : { packet: its }) };
}

/**
 * What rules of another destiny, on the way from a rule to what follows it, have of a cell; or at once
 * that the rule is needed, because one of them would take a packet of it.
 */
function othersBetween(
  list: RuleList,
  entry: Entry,
  cell: Box,
  passed: (entry: Entry) => boolean,
  budget: Budget,
  to = Number.POSITIVE_INFINITY,
): readonly Box[] | 'needed' | 'undecided' {
  const { key } = entry.destiny;
  const out: Box[] = [];
  let answer: 'needed' | 'undecided' | undefined;
  let tries = 0;
  visitMeeting(list, cell, entry.order + 1, to, budget, (other) => {
    if (other.destiny.key === key || passed(other)) return false;
    const common = intersectBoxes(cell, other.box);
    if (common === undefined) return false;
    if (!mayTry(budget, tries)) return true;
    tries += 1;
    const packet = witness(common, list.local);
    if (packet === undefined) return false;
    const its = (firstMatch(list, packet, budget)?.order ?? -1) >= entry.order;
    const follower = firstMatch(list, packet, budget, entry.order, passed);
    if (its && (follower?.destiny ?? list.rest).key !== key) answer = 'needed';
    else if (out.push(common) > MOST_BETWEEN) answer = 'undecided';
    return answer !== undefined;
  });
  return answer ?? (tries >= TRIES || isSpent(budget) ? 'undecided' : out);
}
