import { bug } from '../bug.ts';
import { LAYOUT } from '../model/layout.ts';
import { markingOf } from '../model/marking.ts';
import type {
  Balance,
  LockedSlot,
  Program,
  Slot,
  Target,
  TransitSlot,
  Uplink,
  UplinkSlot,
  Way,
} from '../model/program.ts';
import { type Family, formatAddress } from '../net/address.ts';
import { formatMac } from '../net/mac.ts';
import { formatRange } from '../net/prefix.ts';
import { arrivalBox } from './arrival-box.ts';
import { lowerRules } from './lower-rules.ts';
import type { NumberedPolicy } from './number-policy.ts';
import { choicesOf, inboundKey, natOf, targetKey, transitKey } from './outcomes.ts';
import { ownAddresses } from './own-addresses.ts';
import type { Policy, TierPolicy, UplinkPolicy } from './policy.ts';
import { tellArrivals } from './tell-arrivals.ts';

/** A checked policy as a program. Its own lock is what the next compile will find. */
export function lower(policy: Policy, { outcomes, numbered }: NumberedPolicy): Program {
  const { options } = policy;
  const marking = markingOf(options.markMask);
  const numberOf = (key: string): LockedSlot =>
    numbered.slots.get(key) ?? bug(`the slot ${key} has no number`);

  const uplinks = new Map<UplinkPolicy, Uplink>();
  const own = ownAddresses(policy);
  for (const uplink of policy.uplinks) {
    const { slot } = numberOf(uplink.name);
    const ways = waysOf(uplink);
    uplinks.set(uplink, {
      name: uplink.name,
      text: uplink.statement?.text ?? '',
      device: uplink.device,
      ways,
      own: (own.get(uplink) ?? []).filter(({ family }) => ways[family] !== undefined),
      networks: networksOf(uplink),
      macs: uplink.macs.map(({ value }) => formatMac(value)),
      nat: natOf(uplink),
      slot,
      inbound: numberOf(inboundKey(uplink)).slot,
      choiceTable: uplink.table?.value ?? options.priority + slot,
      ownTable: options.priority + LAYOUT.ownTables + slot,
      clamped: uplink.clamped ?? false,
    });
  }

  const slots = new Map<string, Slot>();
  for (const outcome of outcomes.values()) {
    const { slot: number, rules } = numberOf(outcome.key);
    const priorities = rules.map((rule) => options.priority + rule);
    const common = { number, key: outcome.key, priorities };
    if (outcome.kind === 'ordering') {
      const { kind, end } = outcome;
      const tiers = outcome.tiers.map((key) => uplinkSlot(slots.get(key)));
      const settled = outcome.settled.map((key) => uplinkSlot(slots.get(key)));
      slots.set(outcome.key, { ...common, kind, tiers, settled, end });
    } else if (outcome.kind === 'transit') {
      const { kind } = outcome;
      const arrival = uplinkSlot(slots.get(inboundKey(outcome.arrival)));
      const target = slots.get(outcome.target);
      if (target === undefined || target.kind === 'transit') bug('a transit to nowhere');
      const settled = outcome.settled.map((key) => transitSlot(slots.get(key)));
      slots.set(outcome.key, { ...common, kind, arrival, target, settled });
    } else {
      const { kind, nat } = outcome;
      const uplink = uplinks.get(outcome.uplink) ?? bug(`${outcome.uplink.name} is lost`);
      const special = kind !== 'inbound' && outcome.special;
      slots.set(outcome.key, { ...common, kind, nat, special, uplink });
    }
  }

  const balances = new Map<string, Balance & { readonly index: number }>();
  const slotOf = (tiers: readonly TierPolicy[], arrival?: UplinkPolicy): Slot | undefined => {
    const target = targetKey(tiers);
    if (target === undefined) return undefined;
    const key = arrival === undefined ? target : transitKey(arrival, target);
    return slots.get(key) ?? bug(`no slot for ${key}`);
  };
  const targetOf = (tiers: readonly TierPolicy[], arrival?: UplinkPolicy): Target => {
    const slot = slotOf(tiers, arrival);
    if (slot !== undefined) return { kind: 'slot', slot: slot.number };
    const [first] = tiers;
    if (first === undefined || first.kind === 'uplink') return bug('a target without a slot');
    if (first.kind !== 'balance') return { kind: first.kind };
    const choices = choicesOf(tiers).map(({ tiers: order, weight }) => {
      return { slot: slotOf(order, arrival) ?? bug('a choice without a slot'), weight };
    });
    const [only] = choices;
    if (only !== undefined && choices.length === 1) return { kind: 'slot', slot: only.slot.number };
    const name = [
      first.by,
      ...choices.map(({ slot: { key }, weight }) => `${weight} ${key}`),
    ].join();
    const balance = balances.get(name)?.index ?? balances.size;
    balances.set(name, { index: balance, by: first.by, choices });
    return { kind: 'balance', balance };
  };
  const told = tellArrivals(policy);
  // First, for they say which balances there are.
  const rules = lowerRules(policy, told, targetOf);
  return {
    marking,
    priority: options.priority,
    protocol: options.protocol,
    group: options.group,
    counters: options.counters,
    uplinks: [...uplinks.values()],
    slots: [...slots.values()].sort((a, b) => a.number - b.number),
    arrivals: told.map((arrival) => ({
      uplink: uplinks.get(arrival.uplink) ?? bug(`${arrival.uplink.name} is lost`),
      box: arrivalBox(arrival),
    })),
    balances: [...balances.values()].map(({ by, choices }) => ({ by, choices })),
    ...rules,
    forwards: policy.forwards.map(({ statement: { text }, uplinks: on, ...rest }) => ({
      ...rest,
      text,
      uplinks: on.map((uplink) => uplinks.get(uplink) ?? bug(`${uplink.name} is lost`)),
    })),
    domains: policy.sets.flatMap(({ name, content }) =>
      content.kind === 'domains' ? [{ name, domains: content.domains }] : [],
    ),
    lock: {
      options: {
        'mark-mask': options.markMask,
        priority: options.priority,
        protocol: options.protocol,
        group: options.group,
        counters: options.counters,
        failback: options.failback,
      },
      slots: [...numbered.slots.values()],
      retired: numbered.retired,
    },
  };
}

function uplinkSlot(slot: Slot | undefined): UplinkSlot {
  if (slot === undefined || slot.kind === 'ordering' || slot.kind === 'transit') {
    return bug('a tier without a slot');
  }
  return slot;
}

function transitSlot(slot: Slot | undefined): TransitSlot {
  return slot?.kind === 'transit' ? slot : bug('a transit without a slot');
}

/** Each network once, however many of its addresses are the uplink's. */
function networksOf({ addresses }: UplinkPolicy): Uplink['networks'] {
  const networks = addresses.flatMap(({ network }) =>
    network === undefined ? [] : [[formatRange(network), network.family] as const],
  );
  return [...new Map(networks)].map(([prefix, family]) => ({ family, prefix }));
}

/**
 * The ways out of an uplink. Without any gateway it is on-link in both families; `dhcp` is the way
 * of each family that no address is written for.
 */
function waysOf({ gateways, dhcp }: UplinkPolicy): Uplink['ways'] {
  const lease: Way = { kind: 'lease' };
  const onLink: Way = { kind: 'on-link' };
  const otherwise = dhcp === undefined ? onLink : lease;
  const open = gateways.length === 0 || dhcp !== undefined;
  const ways: { [F in Family]?: Way } = open ? { 4: otherwise, 6: otherwise } : {};
  for (const { value } of gateways) {
    ways[value.family] = { kind: 'gateway', gateway: formatAddress(value) };
  }
  return ways;
}
