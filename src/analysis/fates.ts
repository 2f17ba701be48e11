import { intersectBoxes } from '../model/intersect-boxes.ts';
import type { Packet } from '../model/packet.ts';
import type { Spared } from '../model/spared.ts';
import { subtractBoxes } from '../model/subtract-boxes.ts';
import { witness } from '../model/witness.ts';
import type { RoutePolicy } from '../policy/policy.ts';
import { type Budget, TRIES } from './budget.ts';
import { firstMatch } from './rule-index.ts';
import type { Entry, RuleList } from './rule-lists.ts';
import { wayTo } from './way-to.ts';

/** Whether some packet reaches a rule. */
export type Fate =
  | { readonly kind: 'reached' | 'undecided' }
  /** No rule is asked about its packets, of which this is one. */
  | { readonly kind: 'spared'; readonly why: Spared; readonly packet: Packet }
  | {
      readonly kind: 'shadowed';
      /** The rules that take its packets instead: one, if one takes them all. */
      readonly by: readonly RoutePolicy[];
      /** One of its packets, and the rule that takes it. */
      readonly packet: Packet;
      readonly taker: RoutePolicy;
    };

/** What reaches each rule of some lists; a rule that no packet fits at all is left out. */
export function fatesOf(lists: readonly RuleList[], budget: Budget): Map<RoutePolicy, Fate> {
  const found = new Map<RoutePolicy, Fate>();
  for (const list of lists) {
    for (const entry of list.entries) {
      const { route } = entry;
      if (route === undefined || found.get(route)?.kind === 'reached') continue;
      const its = fateOf(list, entry, budget);
      const known = found.get(route);
      if (its !== undefined) found.set(route, known === undefined ? its : both(known, its));
    }
  }
  return found;
}

/** What reaches one box; nothing where it is never asked: of what an uplink brings, or with no packet in it. */
export function fateOf(list: RuleList, entry: Entry, budget: Budget): Fate | undefined {
  const way = wayTo(list, entry.box, entry.order, budget);
  if (way.kind === 'free') return { kind: 'reached' };
  if (way.kind === 'undecided') return { kind: 'undecided' };
  const boxes = way.by.filter(({ route }) => route === undefined).map(({ box }) => box);
  const asked = subtractBoxes([entry.box], boxes, TRIES) ?? [];
  const packet = asked.map((box) => witness(box, list.local)).find((each) => each !== undefined);
  if (packet === undefined) return sparedOf(list, entry, way.by);
  const takers = way.by.filter(({ route }) => route !== undefined);
  const alone = takers.find(({ box }) => {
    const left = subtractBoxes(asked, [box], TRIES);
    return left?.every((piece) => witness(piece, list.local) === undefined);
  });
  const by = (alone === undefined ? takers : [alone]).flatMap(({ route }) => route ?? []);
  const taker = firstMatch(list, packet, budget)?.route;
  return taker === undefined
    ? undefined
    : { kind: 'shadowed', by: [...new Set(by)], packet, taker };
}

/** Why no rule is asked about what lies in a box, where that is all that takes it. */
function sparedOf(list: RuleList, { box }: Entry, by: readonly Entry[]): Fate | undefined {
  const [first, ...others] = by;
  if (first?.spared === undefined || others.some(({ spared }) => spared === undefined))
    return undefined;
  const common = intersectBoxes(box, first.box);
  const packet = common && witness(common, list.local);
  return packet && { kind: 'spared', why: first.spared, packet };
}

function both(one: Fate, other: Fate): Fate {
  if (other.kind === 'reached' || one.kind === 'spared') return other;
  if (one.kind !== 'shadowed' || other.kind === 'spared') return one;
  if (other.kind !== 'shadowed') return other;
  return { ...one, by: [...new Set([...one.by, ...other.by])] };
}
