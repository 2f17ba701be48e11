import type { Family } from '../net/address.ts';
import type { IptablesRuleset } from './iptables-ruleset.ts';
import type { NftTable } from './nft-table.ts';

/**
 * All that routec has in a kernel, in the words that load it: what is wanted, what is live and what
 * was before have this one shape, and a plan is the way from one to another.
 */
export interface State {
  /** What stands behind `ip rule add`, in canonical form; the guard's too. */
  readonly rules: ByFamily;
  /** What stands behind `ip route replace`, in canonical form; the guard's too. */
  readonly routes: ByFamily;
  /** The interface group of each device that is there and matters. */
  readonly groups: Readonly<Record<string, string>>;
  /** By path below /proc/sys. */
  readonly settings: Readonly<Record<string, string>>;
  /** The table `inet routec`, if there is one. */
  readonly nft: NftTable | undefined;
  /** What it has in iptables and ipset; empty if nothing. */
  readonly iptables: IptablesRuleset;
}

export type ByFamily = { readonly [F in Family]: readonly string[] };
