import { bug } from '../bug.ts';
import { intersectBoxes } from '../model/intersect-boxes.ts';
import { LAYOUT } from '../model/layout.ts';
import { lastSlot, markingOf, markSlot } from '../model/marking.ts';
import { type Numbered, numberSlots, type Wanted } from '../model/number-slots.ts';
import type {
  Atom,
  Balance,
  Box,
  Lock,
  LockedSlot,
  Program,
  Rule,
  Slot,
  Target,
  TransitSlot,
  Uplink,
  UplinkSlot,
  Way,
} from '../model/program.ts';
import type { Variation } from '../model/variation.ts';
import { FAMILIES, type Family, formatAddress, LAST_4, LAST_6 } from '../net/address.ts';
import { deviceInterval, LAST_DEVICE } from '../net/device-name.ts';
import { type Interval, type IntervalSet, intervalSet, type Point } from '../net/interval-set.ts';
import { formatMac } from '../net/mac.ts';
import { formatRange } from '../net/prefix.ts';
import { LAST_USER } from '../net/user.ts';
import { allOf, type Series, series } from '../series.ts';
import type { Report } from '../text/diagnostic.ts';
import { WholeNumbers } from '../whole-numbers.ts';
import {
  arrivalsOf,
  choicesOf,
  inboundKey,
  natOf,
  type Outcome,
  outcomesOf,
  targetKey,
  transitKey,
} from './outcomes.ts';
import { ownAddresses } from './own-addresses.ts';
import type {
  Addresses,
  AtomsOf,
  Conditions,
  Policy,
  RoutePolicy,
  Routes,
  TierPolicy,
  UplinkPolicy,
} from './policy.ts';
import { reportNumbers } from './report-numbers.ts';
import { type ToldArrival, tellArrivals } from './tell-arrivals.ts';

/** The outcomes of a policy, each with its number. */
export interface NumberedPolicy {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly numbered: Numbered;
}

/**
 * Gives each outcome of a policy its number. `lock` is what the manifest of the last compile kept.
 * Numbers that clash or run out are reported, also where something else is wrong with the policy.
 */
export function numberPolicy(
  policy: Policy,
  lock: Lock | undefined,
  report: Report,
): NumberedPolicy {
  const { markMask } = policy.options;
  const outcomes = outcomesOf(policy);
  const wanted = [...outcomes.values()].map((outcome) => wantedOf(outcome, markMask));
  const numbered = numberSlots(wanted, lock, lastSlot(markMask));
  reportNumbers(policy, numbered, outcomes, report);
  return { outcomes, numbered };
}

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
  const { routes } = policy;
  const asked = boxesReader(routes);
  const rulesOf = (wanted: (conditions: Conditions) => boolean, reader = asked): Series<Rule> => {
    const targets = routes.unlike.map(({ conditions, tiers }) =>
      wanted(conditions) ? targetOf(tiers) : undefined,
    );
    const targetAt = (place: number): Target | undefined => targets[routes.kindAt(place)];
    const ruleAt = (place: number): Rule =>
      new LoweredRule(routes, place, targetAt(place) ?? bug('a target is lost'), reader);
    if (targets.every((target) => target === undefined)) return [];
    if (targets.every((target) => target !== undefined)) return series(routes.length, ruleAt);
    const places = new WholeNumbers();
    for (let place = 0; place < routes.length; place += 1) {
      if (targetAt(place) !== undefined) places.push(place);
    }
    return series(places.length, (at) => ruleAt(places.at(at)));
  };
  const forwarded = rulesOf(({ local }) => !local);
  const local = rulesOf((conditions) => conditions.local && fitsUnmarked(conditions), {
    boxes: (place) => asked.boxes(place).map(unmarked),
    variation: (place) => {
      const variation = asked.variation?.(place);
      return variation?.form.of.mark === undefined ? variation : undefined;
    },
  });
  const marked = rulesOf(({ local, marks }) => local && marks !== undefined);
  const told = tellArrivals(policy);
  const arriving = routes.unlike.some(({ conditions }) => conditions.arrivals.length > 0);
  const inbound = (arriving ? allOf(routes) : []).flatMap((route, place) => {
    if (route.conditions.arrivals.length === 0) return [];
    const named = arrivalsOf(policy, route.conditions);
    return told
      .filter(({ uplink }) => named.includes(uplink))
      .map((arrival): Rule => {
        const target = targetOf(route.tiers, arrival.uplink);
        const box = arrivalBox(arrival);
        return new LoweredRule(routes, place, target, {
          boxes: (its) => asked.boxes(its).flatMap((each) => intersectBoxes(each, box) ?? []),
        });
      })
      .filter(({ boxes }) => boxes.length > 0);
  });
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
    forwarded,
    inbound,
    local,
    marked,
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

/** What is brought, as a box. */
function arrivalBox({ family, uplink, macs, destinations }: ToldArrival): Box {
  const device = [deviceInterval(uplink.device, false)];
  if (macs !== undefined) {
    return { family, device, mac: intervalSet(macs.map((mac): Interval<number> => [mac, mac])) };
  }
  if (destinations === undefined) return { family, device };
  const ranges = destinations.map(({ low, high }) => [low, high] as Interval<Point>);
  return { family, device, destination: intervalSet(ranges) } as Box;
}

/** How many rules the end of an ordering takes; drop and reject have one for local packets. */
const END_RULES = { unreachable: 0, main: 1, drop: 2, reject: 2 } as const;

/** The number that an outcome needs: an uplink's own mark pins its first slot. */
function wantedOf(outcome: Outcome, mask: number): Wanted {
  const { key } = outcome;
  if (outcome.kind === 'ordering') {
    return { key, rules: outcome.tiers.length + END_RULES[outcome.end] };
  }
  if (outcome.kind === 'transit') return { key, rules: 0 };
  const { mark, name } = outcome.uplink;
  const pin = mark === undefined || key !== name ? undefined : markSlot(mask, mark.value);
  return pin === undefined ? { key } : { key, pin };
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

/** Whether a rule can be for packets without a mark. */
function fitsUnmarked({ marks }: Conditions): boolean {
  return marks === undefined || marks.some(({ value }) => value === 0);
}

/** A box where it is known that packets have no mark. */
function unmarked(box: Box): Box {
  if (box.mark === undefined) return box;
  const { mark, ...rest } = box;
  return rest;
}

/** A rule that reads its statement only if it is asked for more than its target: most are asked by place. */
class LoweredRule implements Rule {
  readonly place: number;
  readonly target: Target;
  private readonly routes: Series<RoutePolicy>;
  private readonly reader: BoxesReader;
  private its: RoutePolicy | undefined;
  private made: readonly Box[] | undefined;
  constructor(routes: Series<RoutePolicy>, place: number, target: Target, reader: BoxesReader) {
    this.routes = routes;
    this.place = place;
    this.target = target;
    this.reader = reader;
  }
  private get route(): RoutePolicy {
    this.its ??= this.routes.at(this.place) ?? bug('a rule is lost');
    return this.its;
  }
  get id(): string {
    return this.route.id;
  }
  get text(): string {
    return this.route.statement.text;
  }
  get boxes(): readonly Box[] {
    this.made ??= this.reader.boxes(this.place);
    return this.made;
  }
  get variation(): Variation | undefined {
    return this.reader.variation?.(this.place);
  }
}

/** What the rules of a policy ask for, by their places. */
interface BoxesReader {
  readonly boxes: (place: number) => readonly Box[];
  readonly variation?: (place: number) => Variation | undefined;
}

/** Reads what those that are like one another ask for alike but once. */
function boxesReader(routes: Routes): BoxesReader {
  const kinds: { readonly alike: Draft; readonly only: Box | undefined }[] = [];
  const kindOf = (kind: number): (typeof kinds)[number] => {
    const { conditions } = routes.unlike[kind] ?? bug('a kind is lost');
    const alike = alikeOf(conditions);
    const [only, ...more] = bothOf(conditions, alike);
    const made = { alike, only: more.length === 0 ? only : undefined };
    kinds[kind] = made;
    return made;
  };
  const onlyOf = (kind: number): Box | undefined => (kinds[kind] ?? kindOf(kind)).only;
  return {
    boxes: (place) => {
      const { like, conditions } = routes.at(place) ?? bug('a rule is lost');
      const kind = routes.kindAt(place);
      const alike = like && (kinds[kind] ?? kindOf(kind)).alike;
      return bothOf(conditions, alike ?? alikeOf(conditions));
    },
    variation: (place) => routes.variation(place, onlyOf),
  };
}

function bothOf(conditions: Conditions, alike: Draft): readonly Box[] {
  return FAMILIES.flatMap((family) => boxesOf(conditions, family, alike));
}

/**
 * The boxes of a rule in one family, if a packet of that family can match at all.
 *
 * @param alike what it asks for that rules like it ask for too, if that is known
 */
export function boxesOf(
  conditions: Conditions,
  family: Family,
  alike = alikeOf(conditions),
): Box[] {
  if (!conditions.families.includes(family)) return [];
  const all = draftOf(conditions, family, alike);
  if (conditions.atoms.length === 0) return isPossible(all) ? [all as Box] : [];
  return alternativesOf(conditions.atoms).flatMap(({ atoms, instead }) => {
    const box = atoms.length === 0 ? { ...all } : { ...all, atoms };
    for (const name of instead) delete box[name];
    return isPossible(box) ? [box as Box] : [];
  });
}

type Draft = { -readonly [D in keyof Box]?: Box[D] };

/** What the conditions ask for in intervals. */
function draftOf(conditions: Conditions, family: Family, alike: Draft): Draft {
  // Begun empty, it has room for what most rules ask for: there may be a hundred thousand.
  const box: Draft = {};
  box.family = family;
  const { from, to, sourcePorts, ports } = conditions;
  const source = from && addressesIn(from, family);
  const destination = to && addressesIn(to, family);
  const sourcePort = dimension(sourcePorts, 65535);
  const port = dimension(ports, 65535);
  if (source !== undefined) box.source = source;
  if (destination !== undefined) box.destination = destination;
  if (sourcePort !== undefined) box.sourcePort = sourcePort;
  if (port !== undefined) box.port = port;
  return Object.assign(box, alike);
}

/** What of it is the same in all rules that are like one another: addresses and ports are not. */
function alikeOf(conditions: Conditions): Draft {
  const box: Draft = {};
  put(box, 'device', dimension(conditions.devices, LAST_DEVICE));
  put(box, 'mac', dimension(conditions.macs, 2 ** 48 - 1));
  put(box, 'protocol', dimension(conditions.protocols, 255));
  put(box, 'icmpType', dimension(conditions.icmpTypes, 255));
  put(box, 'dscp', dimension(conditions.dscp, 63));
  put(box, 'user', dimension(conditions.users, LAST_USER));
  if (!conditions.marks?.some(({ mask }) => mask === 0)) put(box, 'mark', conditions.marks);
  return box;
}

function put<D extends keyof Box>(box: Draft, name: D, set: Box[D] | undefined): void {
  if (set !== undefined) box[name] = set;
}

const addressesIn = (of: Addresses, family: Family): Box['source'] =>
  family === 4 ? dimension(of[4], LAST_4) : dimension(of[6], LAST_6);

/** Whether it asks for something in each of its dimensions. */
function isPossible(box: Draft): boolean {
  for (const name in box) {
    if ((box[name as keyof Box] as { readonly length?: number }).length === 0) return false;
  }
  return true;
}

/** The dimension that speaks of the same as a match's atoms. */
const BESIDE = {
  from: 'source',
  to: 'destination',
  user: 'user',
  cgroup: undefined,
  time: undefined,
} as const satisfies Record<AtomsOf['match'], keyof Box | undefined>;

interface Alternative {
  readonly atoms: readonly Atom[];
  /** Dimensions that are not looked at, for an atom is. */
  readonly instead: readonly (keyof Box)[];
}

/** The ways in which a rule's atoms and intervals can hold. */
function alternativesOf(lists: readonly AtomsOf[]): readonly Alternative[] {
  let ways: readonly Alternative[] = [{ atoms: [], instead: [] }];
  for (const { match, atoms } of lists) {
    const beside = BESIDE[match];
    ways = ways.flatMap((way): Alternative[] => {
      if (atoms.some(({ negated }) => negated)) {
        return [{ ...way, atoms: [...way.atoms, ...atoms] }];
      }
      const instead = beside === undefined ? way.instead : [...way.instead, beside];
      const named = atoms.map((atom) => ({ atoms: [...way.atoms, atom], instead }));
      return beside === undefined ? named : [way, ...named];
    });
  }
  return ways;
}

/** A set that holds everything asks nothing. */
function dimension<P extends Point>(
  set: IntervalSet<P> | undefined,
  max: P,
): IntervalSet<P> | undefined {
  if (set?.length !== 1) return set;
  const [[low, high]] = set as readonly [Interval<P>];
  return low <= 0 && high === max ? undefined : set;
}
