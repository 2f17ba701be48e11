import type { AddressRange, Family } from '../net/address.ts';
import type { Endpoint } from '../net/endpoint.ts';
import type { IntervalSet } from '../net/interval-set.ts';
import type { Cube } from '../net/mark.ts';
import type { Series } from '../series.ts';
import type { Variation } from './variation.ts';

/**
 * What a rule matches: a box in one family, one set a dimension. A dimension that is left out is
 * not looked at. A set that is there is neither empty nor everything.
 */
export type Box = BoxOf<4> | BoxOf<6>;

export interface BoxOf<F extends Family> {
  readonly family: F;
  readonly device?: IntervalSet<bigint>;
  readonly mac?: IntervalSet<number>;
  readonly source?: IntervalSet<F extends 4 ? number : bigint>;
  readonly destination?: IntervalSet<F extends 4 ? number : bigint>;
  readonly protocol?: IntervalSet<number>;
  readonly icmpType?: IntervalSet<number>;
  readonly sourcePort?: IntervalSet<number>;
  readonly port?: IntervalSet<number>;
  readonly dscp?: IntervalSet<number>;
  readonly mark?: readonly Cube[];
  /** Of the socket that sends it: what has none fits no user, nor any `not`. */
  readonly user?: IntervalSet<number>;
  /** All of them hold; not empty where it is there. */
  readonly atoms?: readonly Atom[];
}

/**
 * What no interval says: what a clock, the router's own names, or a set that fills there decides.
 * `negated` is its opposite; but what no socket sends is of no user and of no cgroup, nor of any other.
 */
export type Atom = (
  | {
      readonly kind: 'time';
      /** Minutes of the week in UTC, from Monday 00:00; neither empty nor the whole week. */
      readonly minutes: IntervalSet<number>;
    }
  | { readonly kind: 'user'; readonly name: string }
  /** Below the root of the hierarchy; what lies below it is of it, too. */
  | { readonly kind: 'cgroup'; readonly path: string }
  /** The set of that name in the policy, its part for the box's family. */
  | { readonly kind: 'set'; readonly side: 'source' | 'destination'; readonly name: string }
) & { readonly negated: boolean };

/** Where the packets of a rule go: a slot by its number, or one of the three verdicts. */
export type Target =
  | { readonly kind: 'slot'; readonly slot: number }
  /** By its place among the balances. */
  | { readonly kind: 'balance'; readonly balance: number }
  | Verdict;
export interface Verdict {
  readonly kind: 'main' | 'drop' | 'reject';
}

/** One rule: its boxes (any of them may hold), in no order among themselves. */
export interface Rule {
  /** A hash of its canonical text. */
  readonly id: string;
  /** The statement, on one line. */
  readonly text: string;
  /** Among the rules of the policy, from 0. */
  readonly place: number;
  readonly boxes: readonly Box[];
  /** What its only box is, where it is known as that of another but for some intervals. */
  readonly variation?: Variation | undefined;
  readonly target: Target;
}

/** What becomes of the source address of what leaves, in one family; `none` says nothing. */
export type Nat =
  | { readonly kind: 'none' | 'masquerade' | 'nonat' }
  | { readonly kind: 'snat'; readonly ranges: readonly AddressRange[] }
  /** One prefix for another of the same length: the rest of the address stays. */
  | { readonly kind: 'prefix'; readonly from: AddressRange; readonly to: AddressRange };
export type NatByFamily = { readonly [F in Family]: Nat };

/** How an uplink's default route looks in one family. */
export type Way =
  | { readonly kind: 'on-link' }
  | { readonly kind: 'gateway'; readonly gateway: string }
  /** By a gateway that only a lease or a router advertisement names. */
  | { readonly kind: 'lease' };

export interface Uplink {
  readonly name: string;
  /** Its statement, on one line; empty where a target brought it to life. */
  readonly text: string;
  readonly device: string;
  /** The families that it has a way for. */
  readonly ways: { readonly [F in Family]?: Way };
  /** Sockets bound to these leave by it: `A` or `A/N`, in order. */
  readonly own: readonly {
    readonly family: Family;
    readonly prefix: string;
    readonly range: AddressRange;
  }[];
  /** The networks on its wire, where they are known. */
  readonly networks: readonly { readonly family: Family; readonly prefix: string }[];
  /** Those of its gateways, where the policy knows them. */
  readonly macs: readonly string[];
  readonly nat: NatByFamily;
  /** What a chosen packet of it carries. */
  readonly slot: number;
  /** What a connection that came in by it carries. */
  readonly inbound: number;
  /** The table that the choice of it looks up. */
  readonly choiceTable: number;
  /** The table of its own traffic: answers, bound sockets. */
  readonly ownTable: number;
  /** Whether TCP connections by it are told of segments that fit its MTU. */
  readonly clamped: boolean;
}

/** What an uplink brings in one family. */
export interface Arrival {
  readonly uplink: Uplink;
  /** Its device, and where others share that, its gateway's MAC or its own addresses; the last of them takes the rest. */
  readonly box: Box;
}

interface Numbered {
  readonly number: number;
  /** What it stands for, as the manifest keeps it. */
  readonly key: string;
  /** The priorities of its `ip rule`s: one, or one for each tier and one for the end. */
  readonly priorities: readonly number[];
}

/**
 * An uplink with a NAT, chosen by a rule; or the uplink that a connection came in by; or the one that it
 * is kept on by the uplink's own table, for main may have taken it there.
 */
export interface UplinkSlot extends Numbered {
  readonly kind: 'chosen' | 'inbound' | 'kept';
  /** A rule gave it a NAT of its own. */
  readonly special: boolean;
  readonly uplink: Uplink;
  readonly nat: NatByFamily;
}

/** Uplinks in order: a connection takes the first that is up, and stays there. */
export interface OrderingSlot extends Numbered {
  readonly kind: 'ordering';
  readonly tiers: readonly UplinkSlot[];
  /**
   * What it becomes when it left by the device of a tier; in their order. Where it may end in main, that
   * may have taken it there while the tier's choice was withdrawn: then these are kept.
   */
  readonly settled: readonly UplinkSlot[];
  /** What becomes of it when none is up. */
  readonly end: 'unreachable' | Verdict['kind'];
}

/**
 * A connection that came in by an uplink and goes on as a rule says: its packets go to the target,
 * the answers back by the arrival. Only the conntrack mark has its number.
 */
export interface TransitSlot extends Numbered {
  readonly kind: 'transit';
  readonly arrival: UplinkSlot;
  readonly target: UplinkSlot | OrderingSlot;
  /** Where it stays once it left by an uplink of an ordering; in the order of the tiers. */
  readonly settled: readonly TransitSlot[];
}

/** One outcome that a connection can be marked with. */
export type Slot = UplinkSlot | OrderingSlot | TransitSlot;

export type BalanceKey = 'flow' | 'source' | 'source-destination';

/** Slots by weight. */
export interface Balance {
  readonly by: BalanceKey;
  readonly choices: readonly { readonly slot: Slot; readonly weight: number }[];
}

export interface Marking {
  readonly mask: number;
  /** The four highest values of the mask, as they stand in the mark. */
  readonly dead: number;
  readonly main: number;
  readonly drop: number;
  readonly reject: number;
}

/** The lowered policy: what every backend is made from. */
export interface Program {
  readonly marking: Marking;
  readonly priority: number;
  readonly protocol: number;
  readonly group: number;
  readonly counters: boolean;
  readonly uplinks: readonly Uplink[];
  readonly slots: readonly Slot[];
  /** Who brought what comes in by an uplink's device: the first that fits. */
  readonly arrivals: readonly Arrival[];
  readonly balances: readonly Balance[];
  /** What it forwards. First match wins, here and below. */
  readonly forwarded: Series<Rule>;
  /** What comes in by an uplink that a rule names: `main` is to stay with the arrival there. */
  readonly inbound: Series<Rule>;
  /** What the router itself sends without any mark: its boxes ask for none. */
  readonly local: Series<Rule>;
  /** What it sends that carries another program's mark; only rules that name marks look at that. */
  readonly marked: Series<Rule>;
  readonly forwards: readonly Forward[];
  readonly domains: readonly DomainSet[];
  readonly lock: Lock;
}

/** A set of the addresses that the resolver learns for names; each name stands for all below it, too. */
export interface DomainSet {
  readonly name: string;
  /** In lower case. */
  readonly domains: readonly string[];
}

/** Ports of the router that lead to a host behind it. */
export interface Forward {
  readonly id: string;
  readonly text: string;
  readonly uplinks: readonly Uplink[];
  readonly protocols: readonly number[];
  readonly ports: IntervalSet<number>;
  readonly to: Endpoint;
}

/** What a manifest keeps of the numbers: the next compile starts from it. */
export interface Lock {
  readonly options: Readonly<Record<string, number | boolean | string>>;
  /** In the order of their numbers. */
  readonly slots: readonly LockedSlot[];
  /** Numbers that were used once, the one retired longest ago first. */
  readonly retired: readonly { readonly slot: number; readonly key: string }[];
}
export interface LockedSlot {
  readonly slot: number;
  readonly key: string;
  /** The offsets of its rules from the first priority. */
  readonly rules: readonly number[];
}
