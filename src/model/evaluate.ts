import { bug } from '../bug.ts';
import { deviceInterval } from '../net/device-name.ts';
import { holds, type Packet } from './packet.ts';
import type { Nat, Program, Rule, Slot, Target, Uplink, UplinkSlot } from './program.ts';

/** Where a packet goes. */
export type Outcome =
  | {
      readonly kind: 'uplink';
      readonly uplink: Uplink;
      /** What its connection carries from then on. */
      readonly slot: number;
      readonly table: number;
      readonly nat: Nat;
    }
  /** By main's own routes. Where it came in by an uplink, the slot that brings the answers back. */
  | { readonly kind: 'main'; readonly slot?: number }
  | { readonly kind: 'drop' | 'reject' | 'unreachable' };

export interface Evaluation {
  /** The rule that decides; none where no rule takes the packet. */
  readonly rule?: Rule;
  /** Later rules that would have taken it, in order. */
  readonly others: readonly Rule[];
  /** One, or those of a balance; the shares add up to 1. */
  readonly outcomes: readonly { readonly outcome: Outcome; readonly share: number }[];
}

/**
 * What becomes of the first packet of a connection, but for what main routes more specifically
 * than by a default route, and for what is addressed to the router.
 *
 * @param up the names of the uplinks that are up
 */
export function evaluate(program: Program, packet: Packet, up: ReadonlySet<string>): Evaluation {
  const arrival = arrivalOf(program, packet);
  const list = arrival === undefined ? 'forwarded' : 'inbound';
  const rules = packet.local ? program.local : program[list];
  const [rule, ...others] = rules.filter(({ boxes }) => boxes.some((box) => holds(box, packet)));
  const outcomes = sharesOf(program, rule?.target ?? { kind: 'main' }).map(({ to, share }) => {
    return { outcome: outcomeOf(to, packet, up, arrival), share };
  });
  return { ...(rule === undefined ? {} : { rule }), others, outcomes };
}

/** The uplink that a packet came in by. */
function arrivalOf({ uplinks }: Program, { local, device }: Packet): Uplink | undefined {
  if (local || device === undefined) return undefined;
  return uplinks.find((uplink) => deviceInterval(uplink.device, false)[0] === device);
}

type Single = Slot | { readonly kind: 'main' | 'drop' | 'reject' };

function sharesOf(
  { slots, balances }: Program,
  target: Target,
): { readonly to: Single; readonly share: number }[] {
  if (target.kind === 'slot') {
    const to = slots.find(({ number }) => number === target.slot) ?? bug('a target without a slot');
    return [{ to, share: 1 }];
  }
  if (target.kind !== 'balance') return [{ to: target, share: 1 }];
  const { choices } = balances[target.balance] ?? bug('no such balance');
  const total = choices.reduce((sum, { weight }) => sum + weight, 0);
  return choices.map(({ slot, weight }) => ({ to: slot, share: weight / total }));
}

function outcomeOf(
  to: Single,
  packet: Packet,
  up: ReadonlySet<string>,
  arrival: Uplink | undefined,
): Outcome {
  const usable = ({ uplink }: UplinkSlot): boolean =>
    up.has(uplink.name) && uplink.ways[packet.family] !== undefined;
  const by = ({ uplink, nat, number }: UplinkSlot, slot = number): Outcome => {
    return { kind: 'uplink', uplink, slot, table: uplink.choiceTable, nat: nat[packet.family] };
  };
  switch (to.kind) {
    case 'chosen':
      return usable(to) ? by(to) : { kind: 'unreachable' };
    case 'ordering': {
      const tier = to.tiers.find(usable);
      if (tier !== undefined) return by(tier);
      return to.end === 'main'
        ? outcomeOf({ kind: 'main' }, packet, up, arrival)
        : { kind: to.end };
    }
    case 'transit': {
      const there = outcomeOf(to.target, packet, up, arrival);
      if (there.kind !== 'uplink') return there;
      const settled = to.settled.find(({ target }) => target.number === there.slot) ?? to;
      return { ...there, slot: settled.number };
    }
    case 'main':
      return arrival?.ways[packet.family] === undefined
        ? { kind: 'main' }
        : { kind: 'main', slot: arrival.inbound };
    case 'drop':
    case 'reject':
      return { kind: to.kind };
    case 'inbound':
      return bug('no rule has an inbound slot for a target');
    default:
      to satisfies never;
      return bug('a target of no kind');
  }
}
