import { bug } from '../bug.ts';
import { lastSlot, markingOf, markSlot } from '../model/marking.ts';
import { numberSlots, type Wanted } from '../model/number-slots.ts';
import type {
  Box,
  Lock,
  LockedSlot,
  Nat,
  NatByFamily,
  Program,
  Rule,
  Slot,
  Target,
  Uplink,
  Way,
} from '../model/program.ts';
import { FAMILIES, type Family, formatAddress, LAST_4, LAST_6 } from '../net/address.ts';
import { LAST_DEVICE } from '../net/device-name.ts';
import type { IntervalSet, Point } from '../net/interval-set.ts';
import { formatRange } from '../net/prefix.ts';
import type { Report } from '../text/diagnostic.ts';
import { ownAddresses } from './own-addresses.ts';
import type {
  Conditions,
  NatPolicy,
  Policy,
  RoutePolicy,
  TierPolicy,
  UplinkPolicy,
} from './policy.ts';
import { reportNumbers } from './report-numbers.ts';
import { ruleId } from './rule-id.ts';

/** How far above its choice table an uplink's own table lies. */
const OWN_TABLES = 500;
const NOTHING: NatByFamily = { 4: { kind: 'none' }, 6: { kind: 'none' } };

/**
 * A checked policy as a program. `lock` is what the manifest of the last compile kept; the result's
 * own lock is what the next one will find. Numbers that clash or run out are reported; the program
 * is then void.
 */
export function lower(policy: Policy, lock: Lock | undefined, report: Report): Program | undefined {
  const { options } = policy;
  const marking = markingOf(options.markMask);
  const targets = slotTargets(policy);
  const numbered = numberSlots(wantedSlots(policy, targets), lock, lastSlot(options.markMask));
  if (!reportNumbers(policy, numbered, targets, report)) return undefined;
  const numberOf = (key: string): LockedSlot =>
    numbered.slots.get(key) ?? bug(`the slot ${key} has no number`);

  const own = ownAddresses(policy);
  const uplinks = policy.uplinks.map((uplink): Uplink => {
    const { slot } = numberOf(uplink.name);
    const ways = waysOf(uplink);
    return {
      name: uplink.name,
      text: uplink.statement?.text ?? '',
      device: uplink.device,
      ways,
      own: (own.get(uplink) ?? []).filter(({ family }) => ways[family] !== undefined),
      networks: uplink.addresses.flatMap(({ network }) =>
        network === undefined ? [] : [{ family: network.family, prefix: formatRange(network) }],
      ),
      nat: lowerNat(uplink.nat, NOTHING),
      slot,
      inbound: numberOf(inboundKey(uplink)).slot,
      choiceTable: uplink.table?.value ?? options.priority + slot,
      ownTable: options.priority + OWN_TABLES + slot,
    };
  });
  const uplinkOf = (uplink: UplinkPolicy): Uplink =>
    uplinks[policy.uplinks.indexOf(uplink)] ?? bug(`the uplink ${uplink.name} is lost`);

  const slot = (key: string, kind: Slot['kind'], uplink: Uplink, nat: NatByFamily): Slot => {
    const { slot: number, rule } = numberOf(key);
    return { number, key, kind, uplink, nat, priority: options.priority + rule };
  };
  const slots = [
    ...uplinks.flatMap((uplink) => [
      slot(uplink.name, 'chosen', uplink, uplink.nat),
      slot(`${uplink.name} inbound`, 'inbound', uplink, uplink.nat),
    ]),
    ...[...targets].map(([key, { uplink, nat }]) => {
      const lowered = uplinkOf(uplink);
      return slot(key, 'chosen', lowered, lowerNat(nat, lowered.nat));
    }),
  ].sort((a, b) => a.number - b.number);

  const targetOf = (tier: TierPolicy): Target => {
    if (tier.kind === 'balance') return bug('a balance was not refused');
    if (tier.kind !== 'uplink') return { kind: tier.kind };
    return { kind: 'slot', slot: numberOf(targetKey(tier.uplink, tier.nat)).slot };
  };
  return {
    marking,
    priority: options.priority,
    protocol: options.protocol,
    group: options.group,
    counters: options.counters,
    uplinks,
    slots,
    forwarded: policy.routes.map((route) => lowerRule(route, targetOf)),
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

/** A target whose NAT is not its uplink's own, so that it needs a slot of its own. */
export interface SlotTarget {
  readonly uplink: UplinkPolicy;
  readonly nat: NatPolicy;
}

/** Those targets by their keys, as first used. */
function slotTargets(policy: Policy): Map<string, SlotTarget> {
  const out = new Map<string, SlotTarget>();
  for (const { tiers } of policy.routes) {
    for (const tier of tiers) {
      if (tier.kind !== 'uplink' || tier.nat === undefined) continue;
      const key = targetKey(tier.uplink, tier.nat);
      if (key !== tier.uplink.name && !out.has(key))
        out.set(key, { uplink: tier.uplink, nat: tier.nat });
    }
  }
  return out;
}

const inboundKey = (uplink: UplinkPolicy): string => `${uplink.name} inbound`;

/** The name of an outcome in the lock: the uplink, and the rule's NAT where that is another one. */
function targetKey(uplink: UplinkPolicy, nat: NatPolicy | undefined): string {
  const own = lowerNat(uplink.nat, NOTHING);
  const its = lowerNat(nat, own);
  if (formatNat(its) === formatNat(own)) return uplink.name;
  return `${uplink.name} ${formatNat(lowerNat(nat, NOTHING))}`;
}

function formatNat(nat: NatByFamily): string {
  const one = (each: Nat): string =>
    each.kind === 'snat' ? `snat ${each.ranges.map(formatRange).join(',')}` : each.kind;
  const [four, six] = [one(nat[4]), one(nat[6])];
  if (four === six) return four;
  return [four, six].filter((each) => each !== 'none').join(' ');
}

function wantedSlots(policy: Policy, targets: ReadonlyMap<string, SlotTarget>): Wanted[] {
  const { markMask } = policy.options;
  const first = policy.uplinks.map(({ name, mark }): Wanted => {
    const pin = mark === undefined ? undefined : markSlot(markMask, mark.value);
    return pin === undefined ? { key: name } : { key: name, pin };
  });
  return [
    ...first,
    ...policy.uplinks.map((uplink) => ({ key: inboundKey(uplink) })),
    ...[...targets.keys()].map((key) => ({ key })),
  ];
}

/** The ways out of an uplink. Without any gateway it is on-link in both families. */
function waysOf({ gateways, dhcp }: UplinkPolicy): Uplink['ways'] {
  if (gateways.length === 0 && dhcp === undefined) {
    return { 4: { kind: 'on-link' }, 6: { kind: 'on-link' } };
  }
  const ways: { [F in Family]?: Way } = {};
  for (const { value } of gateways) {
    ways[value.family] = { kind: 'gateway', gateway: formatAddress(value) };
  }
  return ways;
}

/** A family that the clause does not name keeps what `otherwise` says. */
function lowerNat(nat: NatPolicy | undefined, otherwise: NatByFamily): NatByFamily {
  return { 4: nat?.[4] ?? otherwise[4], 6: nat?.[6] ?? otherwise[6] };
}

function lowerRule(route: RoutePolicy, targetOf: (tier: TierPolicy) => Target): Rule {
  const { text } = route.statement;
  const [tier] = route.tiers;
  return {
    id: ruleId(text),
    text,
    boxes: FAMILIES.flatMap((family) => boxOf(route.conditions, family)),
    target: targetOf(tier ?? bug('a rule without a target')),
  };
}

/** The box of a rule in one family, if a packet of that family can match at all. */
function boxOf(conditions: Conditions, family: Family): Box[] {
  if (!conditions.families.includes(family)) return [];
  const dimensions = {
    device: dimension(conditions.devices, LAST_DEVICE),
    mac: dimension(conditions.macs, 2 ** 48 - 1),
    source:
      family === 4
        ? dimension(conditions.from?.[4], LAST_4)
        : dimension(conditions.from?.[6], LAST_6),
    destination:
      family === 4 ? dimension(conditions.to?.[4], LAST_4) : dimension(conditions.to?.[6], LAST_6),
    protocol: dimension(conditions.protocols, 255),
    icmpType: dimension(conditions.icmpTypes, 255),
    sourcePort: dimension(conditions.sourcePorts, 65535),
    port: dimension(conditions.ports, 65535),
    dscp: dimension(conditions.dscp, 63),
    mark: conditions.marks?.some(({ mask }) => mask === 0) ? undefined : conditions.marks,
  };
  const asked = Object.entries(dimensions).filter(([, set]) => set !== undefined);
  if (asked.some(([, set]) => set?.length === 0)) return [];
  return [{ family, ...Object.fromEntries(asked) } as Box];
}

/** A set that holds everything asks nothing. */
function dimension<P extends Point>(
  set: IntervalSet<P> | undefined,
  max: P,
): IntervalSet<P> | undefined {
  const [only] = set ?? [];
  const all = set?.length === 1 && only !== undefined && only[0] <= 0 && only[1] === max;
  return all ? undefined : set;
}
