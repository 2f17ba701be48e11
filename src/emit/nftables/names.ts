import { fileNameOf } from '../../model/file-name.ts';
import type { Slot, Uplink } from '../../model/program.ts';
import type { Family } from '../../net/address.ts';
import type { Series } from '../../series.ts';

/** A set or a map: declared once, then emptied and filled again by every load. */
export interface Filled {
  readonly keyword: 'set' | 'map';
  readonly name: string;
  readonly declaration: readonly string[];
  readonly elements: Series<string>;
  /** Of each element, the place of the rule that it comes from. */
  readonly rules?: readonly number[];
}

export interface Chain {
  readonly name: string;
  /** The hook of a base chain; a plain chain has none. */
  readonly hook: string;
  readonly rules: readonly string[];
  /** Of each of them that counts for one rule of the policy, the place of that. */
  readonly counted?: readonly number[];
}

/** What others or packets fill: declared, and left as it is. */
export type Kept = Pick<Filled, 'keyword' | 'name' | 'declaration'>;

/** Part of a table. */
export interface Part {
  readonly kept?: readonly Kept[];
  readonly filled: readonly Filled[];
  readonly chains: readonly Chain[];
  /** Rules of the policy that it tests one after the other. */
  readonly tests?: number;
}

/** A chain; with a hook, a base chain. */
export function chain(name: string, rules: readonly string[], hook = ''): Chain {
  return { name, hook, rules };
}

/** A device's name as nft takes it: unquoted, some are keywords. */
export const quoted = (name: string): string => `"${name}"`;
/** The family as it begins expressions and names. */
export const ip = (family: Family): string => (family === 4 ? 'ip' : 'ip6');
/** A rule for one family only. */
export const only = (family: Family): string => `meta nfproto ipv${family}`;

/** As bytes: the order of elements does not depend on where their rules stand. */
export function sorted(lines: readonly string[]): string[] {
  return [...lines].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

const ENDS = { chosen: '', inbound: '_in', kept: '_kept' } as const;

/** A slot in the names of chains: its number makes it unique, its uplink readable. */
export function slotName(slot: Slot): string {
  if (slot.kind === 'ordering') {
    return `${slot.number}_${fileNameOf(slot.tiers[0]?.uplink.name ?? '')}_else`;
  }
  if (slot.kind === 'transit') {
    const to = slot.target.kind === 'ordering' ? slot.target.tiers[0] : slot.target;
    const [from, by] = [slot.arrival, to].map((each) => fileNameOf(each?.uplink.name ?? ''));
    return `${slot.number}_${from}_to_${by}${slot.target.kind === 'ordering' ? '_else' : ''}`;
  }
  const { number, uplink, kind } = slot;
  return `${number}_${fileNameOf(uplink.name)}${ENDS[kind]}`;
}

/** The chain with an uplink's own NAT. */
export function uplinkNatName({ slot, name }: Uplink): string {
  return `nat_${slot}_${fileNameOf(name)}`;
}
