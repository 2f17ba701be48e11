import { LAYOUT } from '../model/layout.ts';
import type { Nat, NatByFamily, OrderingSlot } from '../model/program.ts';
import { share } from '../model/share.ts';
import { formatRange } from '../net/prefix.ts';
import type { Span } from '../text/source.ts';
import type { Conditions, NatPolicy, Policy, TierPolicy, UplinkPolicy } from './policy.ts';
import { uplinksOf } from './uplinks-of.ts';

const NOTHING: NatByFamily = { 4: { kind: 'none' }, 6: { kind: 'none' } };

/** What a rule's target comes to, where that needs a slot. Its key is its name in the lock. */
export type Outcome =
  | {
      readonly kind: 'chosen' | 'kept';
      readonly key: string;
      readonly uplink: UplinkPolicy;
      readonly nat: NatByFamily;
      /** It has a NAT of its own. */
      readonly special: boolean;
      /** Where it was asked for first. */
      readonly span: Span;
      /** Where its addresses come from, if that must not be quoted. */
      readonly secret?: Span;
    }
  | {
      readonly kind: 'inbound';
      readonly key: string;
      readonly uplink: UplinkPolicy;
      readonly nat: NatByFamily;
      readonly span: Span;
    }
  | {
      readonly kind: 'ordering';
      readonly key: string;
      /** The keys of its tiers. */
      readonly tiers: readonly string[];
      /** The keys of what it becomes when it left by a tier. */
      readonly settled: readonly string[];
      readonly end: OrderingSlot['end'];
      readonly span: Span;
    }
  | {
      readonly kind: 'transit';
      readonly key: string;
      readonly arrival: UplinkPolicy;
      /** The key of where it goes on to. */
      readonly target: string;
      /** The keys of what it becomes when it left by an uplink of an ordering. */
      readonly settled: readonly string[];
      readonly span: Span;
    };

/** Many more than there are slots: nobody is helped by a look at all that are too many. */
const MOST = 20 * LAYOUT.lastSlot;

/** All outcomes by their keys: uplinks as declared, what comes in by them, targets as first used. */
export function outcomesOf(policy: Policy): Map<string, Outcome> {
  const out = new Map<string, Outcome>();
  const add = (outcome: Outcome): void => {
    if (!out.has(outcome.key)) out.set(outcome.key, outcome);
  };
  for (const uplink of policy.uplinks) add(chosen(uplink, undefined, uplink.span));
  for (const uplink of policy.uplinks) {
    const key = inboundKey(uplink);
    add({ kind: 'inbound', key, uplink, nat: natOf(uplink), span: uplink.span });
  }
  const routes = policy.routes.unlike;
  for (const { tiers } of routes) {
    if (out.size > MOST) break;
    for (const { uplink, nat, span } of uplinksOf(tiers)) {
      const outcome = chosen(uplink, nat, span);
      add(outcome);
      if (tiers.at(-1)?.kind === 'main') {
        add({ ...outcome, kind: 'kept', key: keptKey(outcome.key) });
      }
    }
    for (const { tiers: order } of choicesOf(tiers)) {
      const ordering = orderingOf(order);
      if (ordering !== undefined) add(ordering);
    }
  }
  for (const { tiers, conditions } of routes) {
    for (const arrival of arrivalsOf(policy, conditions)) {
      for (const { tiers: order } of choicesOf(tiers)) transitsOf(arrival, order).forEach(add);
    }
  }
  return out;
}

/** The uplinks that a rule names with `in`: it looks at what they bring, too. */
export function arrivalsOf({ uplinks }: Policy, { arrivals }: Conditions): UplinkPolicy[] {
  return uplinks.filter(({ device }) => arrivals.some(({ value }) => value === device));
}

/** What a connection from an uplink comes to by one order of uplinks: to it, or to one of its tiers. */
function transitsOf(arrival: UplinkPolicy, order: readonly TierPolicy[]): Outcome[] {
  const [first] = order;
  const target = targetKey(order);
  if (target === undefined || first === undefined) return [];
  const ways = orderingOf(order)?.settled ?? [];
  const one = (to: string, settled: readonly string[]): Outcome => {
    const key = transitKey(arrival, to);
    return { kind: 'transit', key, arrival, target: to, settled, span: first.span };
  };
  const settled = ways.map((way) => one(way, []));
  return [
    ...settled,
    one(
      target,
      settled.map(({ key }) => key),
    ),
  ];
}

/** The key of what comes in by an uplink and goes on to the target with that key. */
export function transitKey(arrival: UplinkPolicy, target: string): string {
  return `${inboundKey(arrival)} to ${target}`;
}

/** The orders of uplinks that a target comes to, by weight; one, unless it begins with a balance. */
export function choicesOf(
  tiers: readonly TierPolicy[],
): { readonly tiers: readonly TierPolicy[]; readonly weight: number }[] {
  const [first, ...rest] = tiers;
  if (first?.kind !== 'balance') return [{ tiers, weight: 1 }];
  const asTiers = first.members.map(({ uplink, nat, span }): TierPolicy => {
    return { kind: 'uplink', uplink, span, ...(nat === undefined ? {} : { nat }) };
  });
  return share(first.members.map(({ weight }) => weight)).map(({ weight, ...taken }) => {
    const order = [taken.first, ...(taken.second === taken.first ? [] : [taken.second])];
    const others = asTiers.map((_, index) => index).filter((index) => !order.includes(index));
    const members = [...order, ...others].flatMap((index) => asTiers[index] ?? []);
    return { tiers: [...members, ...rest], weight };
  });
}

/** The key of what the tiers come to; nothing where that is one of the three verdicts. */
export function targetKey(tiers: readonly TierPolicy[]): string | undefined {
  const ordering = orderingOf(tiers);
  if (ordering !== undefined) return ordering.key;
  const [first] = tiers;
  return first?.kind === 'uplink' ? chosenKey(first.uplink, first.nat) : undefined;
}

/** The key of an uplink's inbound slot; no other key of its can look like it, nor another's name. */
export function inboundKey({ name }: UplinkPolicy): string {
  return `${name} inbound`;
}

/** The key of what stays with the uplink of another key by that one's own table. */
function keptKey(key: string): string {
  return `${key} kept`;
}

/** What an uplink's own NAT clause says. */
export function natOf({ nat }: UplinkPolicy): NatByFamily {
  return mergeNat(nat, NOTHING);
}

/** A family that the clause does not name keeps what `otherwise` says. */
function mergeNat(nat: NatPolicy | undefined, otherwise: NatByFamily): NatByFamily {
  return { 4: nat?.[4] ?? otherwise[4], 6: nat?.[6] ?? otherwise[6] };
}

function chosen(
  uplink: UplinkPolicy,
  nat: NatPolicy | undefined,
  span: Span,
): Outcome & { kind: 'chosen' | 'kept' } {
  const key = chosenKey(uplink, nat);
  const secret = nat?.secret === undefined ? {} : { secret: nat.secret };
  const merged = mergeNat(nat, natOf(uplink));
  const special = key !== uplink.name;
  return { kind: 'chosen', key, uplink, nat: merged, special, span, ...secret };
}

/** The uplink, and the rule's NAT where that comes to something else than the uplink's. */
function chosenKey(uplink: UplinkPolicy, nat: NatPolicy | undefined): string {
  const own = natOf(uplink);
  if (formatNat(mergeNat(nat, own)) === formatNat(own)) return uplink.name;
  return `${uplink.name} ${formatNat(mergeNat(nat, NOTHING))}`;
}

/** Several tiers, or one with an end of its own. */
function orderingOf(tiers: readonly TierPolicy[]): (Outcome & { kind: 'ordering' }) | undefined {
  const [first, last] = [tiers[0], tiers.at(-1)];
  if (first?.kind !== 'uplink' || last === undefined || tiers.length < 2) return undefined;
  const keys = tiers.flatMap((tier) =>
    tier.kind === 'uplink' ? [chosenKey(tier.uplink, tier.nat)] : [],
  );
  const end = last.kind === 'uplink' || last.kind === 'balance' ? 'unreachable' : last.kind;
  // `else` is followed by a name, which may be that of a verdict; `or` never is.
  const key = `${keys.join(' else ')}${end === 'unreachable' ? '' : ` or ${end}`}`;
  const settled = end === 'main' ? keys.map(keptKey) : keys;
  return { kind: 'ordering', key, tiers: keys, settled, end, span: first.span };
}

// A long list would be written anew for each rule that leaves by its uplink.
const written = new WeakMap<Nat, string>();

function formatOne(nat: Nat): string {
  if (nat.kind === 'prefix') return `snat ${formatRange(nat.from)} to ${formatRange(nat.to)}`;
  if (nat.kind !== 'snat') return nat.kind;
  const text = written.get(nat) ?? `snat ${nat.ranges.map(formatRange).join(',')}`;
  written.set(nat, text);
  return text;
}

function formatNat(nat: NatByFamily): string {
  const [four, six] = [formatOne(nat[4]), formatOne(nat[6])];
  if (four === six) return four;
  return [four, six].filter((each) => each !== 'none').join(' ');
}
