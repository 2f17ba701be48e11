import type {
  ExpectStatement,
  ForwardStatement,
  Packet,
  RouteStatement,
  SetStatement,
  UplinkStatement,
} from '../../grammar/tree.ts';
import type { Atom, BalanceKey, Box } from '../model/program.ts';
import type { Variation } from '../model/variation.ts';
import type { Address, AddressRange, Family } from '../net/address.ts';
import type { Endpoint } from '../net/endpoint.ts';
import type { IntervalSet } from '../net/interval-set.ts';
import type { Cube } from '../net/mark.ts';
import type { Series } from '../series.ts';
import type { Span } from '../text/source.ts';

/** A value and the place where it was written. */
export interface Written<T> {
  readonly value: T;
  readonly span: Span;
}

/** Addresses of both families. */
export interface Addresses {
  readonly 4: IntervalSet<number>;
  readonly 6: IntervalSet<bigint>;
}

/** What a `set` holds. `empty` fits everywhere and matches nothing; `faulty` is already reported. */
export type SetContent =
  | {
      readonly kind: 'addresses';
      readonly addresses: Addresses;
      readonly single: boolean;
      /** A value that comes from a file that must not be quoted. */
      readonly secret?: Span;
    }
  | { readonly kind: 'ports'; readonly ports: IntervalSet<number>; readonly secret?: Span }
  | { readonly kind: 'macs'; readonly macs: IntervalSet<number>; readonly secret?: Span }
  /** Addresses that the resolver learns; the names in lower case. */
  | { readonly kind: 'domains'; readonly domains: readonly string[] }
  | { readonly kind: 'empty' | 'faulty' };

export interface SetPolicy {
  readonly name: string;
  readonly statement: SetStatement;
  readonly content: SetContent;
}

/** What becomes of the source address, by family. A family that is left out says nothing. */
export type NatAction =
  | { readonly kind: 'masquerade' | 'nonat' }
  | { readonly kind: 'snat'; readonly ranges: readonly AddressRange[] }
  /** `snat PREFIX6 to PREFIX6`. */
  | { readonly kind: 'prefix'; readonly from: AddressRange; readonly to: AddressRange };
export interface NatPolicy {
  readonly 4?: NatAction;
  readonly 6?: NatAction;
  /** Addresses that come from a file that must not be quoted. */
  readonly secret?: Span;
  readonly span: Span;
}

/** One of an uplink's own addresses; `own` is a single address, or a prefix routed to it. */
export interface OwnAddress {
  readonly own: AddressRange;
  /** The network on the wire, where it is known. */
  readonly network?: AddressRange;
  readonly span: Span;
}

export interface UplinkPolicy {
  readonly name: string;
  /** Where its name was written first. */
  readonly span: Span;
  /** Absent when `route … via X` brought it to life. */
  readonly statement?: UplinkStatement;
  readonly device: string;
  readonly gateways: readonly Written<Address>[];
  /** `gateway dhcp`. */
  readonly dhcp?: Span;
  /** Those of its gateways, where they are known. */
  readonly macs: readonly Written<number>[];
  /** As declared; without a declaration the single addresses that it translates to are its own. */
  readonly addresses: readonly OwnAddress[];
  readonly table?: Written<number>;
  readonly mark?: Written<number>;
  readonly weight?: number;
  readonly nat?: NatPolicy;
  /** `mtu-clamp`. */
  readonly clamped?: boolean;
}

/**
 * What a rule asks of a packet. A field that is left out asks nothing; sets are already the
 * complement where `not` was written.
 */
export interface Conditions {
  /** The families that it can match at all. */
  readonly families: readonly Family[];
  readonly from?: Addresses;
  readonly to?: Addresses;
  readonly devices?: IntervalSet<bigint>;
  /** Devices that `in` names exactly; where one is an uplink's, the rule is for what that brings. */
  readonly arrivals: readonly Written<string>[];
  readonly protocols?: IntervalSet<number>;
  readonly ports?: IntervalSet<number>;
  readonly sourcePorts?: IntervalSet<number>;
  readonly icmpTypes?: IntervalSet<number>;
  readonly macs?: IntervalSet<number>;
  readonly dscp?: IntervalSet<number>;
  readonly marks?: readonly Cube[];
  readonly users?: IntervalSet<number>;
  readonly local: boolean;
  readonly atoms: readonly AtomsOf[];
}

/**
 * What of a match no interval says. One of the atoms holds, or else what the match says in
 * intervals; where they are negated all of them hold, and the intervals too.
 */
export interface AtomsOf {
  readonly match: 'from' | 'to' | 'user' | 'cgroup' | 'time';
  readonly atoms: readonly Atom[];
}

export type TierPolicy =
  | { readonly kind: 'main' | 'drop' | 'reject'; readonly span: Span }
  | {
      readonly kind: 'uplink';
      readonly uplink: UplinkPolicy;
      readonly nat?: NatPolicy;
      readonly span: Span;
    }
  | {
      readonly kind: 'balance';
      readonly members: readonly BalanceMember[];
      readonly by: BalanceKey;
      readonly span: Span;
    };

export interface BalanceMember {
  readonly uplink: UplinkPolicy;
  readonly nat?: NatPolicy;
  /** 1 to 1000. */
  readonly weight: number;
  readonly span: Span;
}

export interface RoutePolicy {
  /** A hash of its text. */
  readonly id: string;
  readonly statement: RouteStatement;
  readonly conditions: Conditions;
  readonly tiers: readonly TierPolicy[];
  /** One above, of the same file, that differs in nothing but addresses and ports of its matches. */
  readonly like?: RoutePolicy;
}

/** The rules of a policy. Most of a long one are made whenever they are asked for. */
export interface Routes extends Series<RoutePolicy> {
  /** Those that are like none above. */
  readonly unlike: readonly RoutePolicy[];
  /** The place among those of the rule at a place, or of the one that it is like: for what has nothing to do with single addresses and ports. */
  readonly kindAt: (place: number) => number;
  /** Their statements alone. */
  readonly statements: Series<RouteStatement>;
  /**
   * The box of the rule at a place as a variation of the only one of that which it is like; void where the rule itself
   * has to be asked.
   *
   * @param onlyOf the box of a kind, where that has no more
   */
  readonly variation: (
    place: number,
    onlyOf: (kind: number) => Box | undefined,
  ) => Variation | undefined;
}

export interface ForwardPolicy {
  readonly id: string;
  readonly statement: ForwardStatement;
  readonly protocols: readonly number[];
  readonly ports: IntervalSet<number>;
  readonly uplinks: readonly UplinkPolicy[];
  readonly to: Endpoint;
}

/** What an expectation says that should become of its packets. */
export type AnswerPolicy =
  | { readonly kind: 'main' | 'drop' | 'reject' | 'unreachable'; readonly span: Span }
  | {
      readonly kind: 'via';
      /** Exactly these are possible. */
      readonly uplinks: readonly { readonly uplink: UplinkPolicy; readonly nat?: NatPolicy }[];
      readonly span: Span;
    };

export interface ExpectPolicy {
  readonly statement: ExpectStatement;
  readonly conditions: Conditions;
  /** Those that are down. */
  readonly downs: readonly UplinkPolicy[];
  readonly answer: AnswerPolicy;
}

/** What is asked about a policy: where would these packets go? */
export interface QuestionPolicy {
  readonly packet: Packet;
  readonly conditions: Conditions;
  readonly downs: readonly UplinkPolicy[];
}

export interface Options {
  /** The bits of the packet mark and the conntrack mark that are ours. */
  readonly markMask: number;
  /** First rule priority, first table, and the table of the last resort. */
  readonly priority: number;
  /** The routing protocol number of rules and routes; the guard has the next one. */
  readonly protocol: number;
  /** The interface group of the uplinks' devices. */
  readonly group: number;
  readonly counters: boolean;
  readonly failback: 'now' | 'new-flows' | 'never';
  /** Where each option was set. */
  readonly places: ReadonlyMap<string, Span>;
}

/** A policy whose names are resolved and whose values are read: what the checks look at. */
export interface Policy {
  readonly options: Options;
  /** As declared, then those that a `route … via` brought to life. */
  readonly uplinks: readonly UplinkPolicy[];
  readonly sets: readonly SetPolicy[];
  readonly routes: Routes;
  readonly forwards: readonly ForwardPolicy[];
  readonly expects: readonly ExpectPolicy[];
  /** Absent where nothing is asked, or what is asked is wrong. */
  readonly question?: QuestionPolicy;
}
