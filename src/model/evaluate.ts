import { bug } from '../bug.ts';
import type { Family } from '../net/address.ts';
import { allOf } from '../series.ts';
import { forwardBoxes } from './forward-boxes.ts';
import { LAYOUT } from './layout.ts';
import { holds, type Packet } from './packet.ts';
import type {
  Forward,
  Nat,
  OrderingSlot,
  Program,
  Rule,
  Slot,
  Target,
  Uplink,
  UplinkSlot,
} from './program.ts';
import { type Spared, sparedBy } from './spared.ts';

/** Which uplinks take new connections of a family: a set of names says so of both. */
export interface Up {
  readonly has: (name: string, family: Family) => boolean;
}

/** Where a packet goes, and what of the kernel's decides it. */
export type Outcome = Where & {
  /** What the first packet is marked with; nothing where it is left to main without a mark. */
  readonly marked?: Slot;
  /** The priority of the `ip rule` that decides; nothing where that is one of main's own. */
  readonly priority?: number;
  /** Uplinks that are passed over, in order: they are down, or have no way for the family. */
  readonly passed: readonly { readonly uplink: Uplink; readonly why: 'down' | 'family' }[];
};

type Where =
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
  /** Why no rule is asked about it, if so. */
  readonly spared?: Spared;
  /** What leads it on, if it is, the first one; else what would if it were. */
  readonly forwards: readonly Forward[];
  /** Later rules that would have taken it, in order. */
  readonly others: readonly Rule[];
  /** Rules that would take it, but are not asked: of what an uplink brings, or of what is sent to the router. */
  readonly unasked: readonly Rule[];
  /** The uplink that it came in by: what answers it leaves by that, if it has a way for the family. */
  readonly arrival?: Uplink;
  /** One, or those of a balance; the shares add up to 1. */
  readonly outcomes: readonly { readonly outcome: Outcome; readonly share: number }[];
}

/**
 * What becomes of the first packet of a connection, but for what main routes more specifically
 * than by a default route: of that, only what no rule is asked about is known. The packets that follow
 * go its way; those that answer come in by it, or leave by the arrival.
 *
 * @param up the uplinks that are up
 */
export function evaluate(program: Program, packet: Packet, up: Up): Evaluation {
  const arrival = arrivalOf(program, packet);
  const fits = ({ boxes }: Pick<Rule, 'boxes'>): boolean => boxes.some((box) => holds(box, packet));
  const list = allOf(program[listFor(packet, arrival)]);
  const spared = sparedBy(program, packet, arrival !== undefined);
  const here = spared === 'here';
  const [rule, ...others] = spared === undefined ? list.filter(fits) : [];
  const asked = new Set(allOf(program.inbound).map(({ id }) => id));
  const unasked = [
    ...(spared === undefined ? [] : list.filter(fits)),
    ...(arrival === undefined
      ? []
      : allOf(program.forwarded).filter((each) => !asked.has(each.id) && fits(each))),
  ];
  const forwards =
    here || (arrival !== undefined && spared === undefined)
      ? program.forwards.filter((each) => fits({ boxes: forwardBoxes(program, each) }))
      : [];
  return {
    ...(rule === undefined ? {} : { rule }),
    ...(spared === undefined ? {} : { spared }),
    forwards: packet.local ? [] : forwards,
    others,
    unasked,
    ...(arrival === undefined ? {} : { arrival }),
    outcomes: outcomesOf(program, rule, packet, up),
  };
}

/** The list of rules that is asked about a packet. */
export function listFor(
  { local, mark }: Packet,
  arrival: Uplink | undefined,
): 'forwarded' | 'inbound' | 'local' | 'marked' {
  // What carries another program's mark (a tunnel's own packets) is chosen for where a rule names it.
  if (local) return mark === 0 ? 'local' : 'marked';
  return arrival === undefined ? 'forwarded' : 'inbound';
}

/** What becomes of a packet that a rule has taken, or none. */
export function outcomesOf(
  program: Program,
  rule: Rule | undefined,
  packet: Packet,
  up: Up,
): Evaluation['outcomes'] {
  const came = arrivalOf(program, packet);
  // A connection that is the link's business is not remembered.
  const isLink = sparedBy(program, packet, came !== undefined) === 'link';
  const arrival = isLink ? undefined : came;
  return sharesOf(program, rule?.target ?? { kind: 'main' }).map(({ to, share }) => {
    return { outcome: outcomeOf(program, to, packet, up, arrival), share };
  });
}

/** The uplink that a packet came in by. */
function arrivalOf({ arrivals }: Program, packet: Packet): Uplink | undefined {
  if (packet.local) return undefined;
  return arrivals.find(({ box }) => holds(box, packet))?.uplink;
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
  program: Program,
  to: Single,
  packet: Packet,
  up: Up,
  arrival: Uplink | undefined,
): Outcome {
  switch (to.kind) {
    case 'chosen':
    case 'ordering':
      return byTiers(program, to, packet, up, arrival);
    case 'transit': {
      const there = outcomeOf(program, to.target, packet, up, arrival);
      if (there.kind !== 'uplink') return there;
      const settled = to.settled.find(({ target }) => target.number === there.slot) ?? to;
      return { ...there, slot: settled.number };
    }
    case 'main':
      return { ...mainFor(packet, arrival), passed: [] };
    case 'drop':
    case 'reject': {
      const offset = packet.local
        ? { drop: LAYOUT.localDrop, reject: LAYOUT.localReject }
        : { drop: LAYOUT.drop, reject: LAYOUT.reject };
      return { kind: to.kind, priority: program.priority + offset[to.kind], passed: [] };
    }
    case 'inbound':
    case 'kept':
      return bug('no rule has such a slot for a target');
    default:
      to satisfies never;
      return bug('a target of no kind');
  }
}

/** By the first uplink that can take it, or what becomes of it when none can. */
function byTiers(
  program: Program,
  to: UplinkSlot | OrderingSlot,
  packet: Packet,
  up: Up,
  arrival: Uplink | undefined,
): Outcome {
  const { family, local } = packet;
  const tiers = to.kind === 'ordering' ? to.tiers : [to];
  const passed: Outcome['passed'][number][] = [];
  for (const [index, { uplink, nat, number }] of tiers.entries()) {
    if (uplink.ways[family] === undefined) passed.push({ uplink, why: 'family' });
    else if (!up.has(uplink.name, family)) passed.push({ uplink, why: 'down' });
    else {
      return {
        kind: 'uplink',
        uplink,
        slot: (to.kind === 'ordering' && to.settled[index]?.number) || number,
        table: uplink.choiceTable,
        nat: nat[family],
        marked: to,
        priority: to.priorities[index] ?? bug('a tier without a rule'),
        passed,
      };
    }
  }
  const end = to.kind === 'ordering' ? to.end : 'unreachable';
  if (end === 'unreachable') {
    const priority = program.priority + (local ? LAYOUT.guardLocal : LAYOUT.guard);
    return { kind: end, marked: to, priority, passed };
  }
  // Drop and reject have a rule for what the router itself sends in front of their own.
  const last = tiers.length + (end !== 'main' && !local ? 1 : 0);
  const priority = to.priorities[last] ?? bug('an end without a rule');
  const where = end === 'main' ? mainFor(packet, arrival) : { kind: end };
  return { ...where, marked: to, priority, passed };
}

function mainFor({ family }: Packet, arrival: Uplink | undefined): Where {
  return arrival?.ways[family] === undefined
    ? { kind: 'main' }
    : { kind: 'main', slot: arrival.inbound };
}
