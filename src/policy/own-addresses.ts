import type { AddressRange, Family } from '../net/address.ts';
import { formatRange } from '../net/prefix.ts';
import type { NatPolicy, Policy, UplinkPolicy } from './policy.ts';
import { uplinksOf } from './uplinks-of.ts';

export interface OwnPrefix {
  readonly family: Family;
  readonly prefix: string;
}

/**
 * The addresses whose sockets leave by each uplink: those declared, or else the single ones that it
 * translates to. An address belongs to the first uplink that claims it.
 */
export function ownAddresses(policy: Policy): Map<UplinkPolicy, OwnPrefix[]> {
  const claimed = new Set<string>();
  const out = new Map<UplinkPolicy, OwnPrefix[]>();
  for (const uplink of policy.uplinks) {
    const ranges = uplink.statement?.clauses.some(({ kind }) => kind === 'address')
      ? uplink.addresses.map(({ own }) => own)
      : translatedTo(policy, uplink);
    const own: OwnPrefix[] = [];
    for (const range of ranges) {
      const prefix = formatRange(range);
      if (claimed.has(prefix)) continue;
      claimed.add(prefix);
      own.push({ family: range.family, prefix });
    }
    out.set(uplink, own);
  }
  return out;
}

function translatedTo(policy: Policy, uplink: UplinkPolicy): AddressRange[] {
  const nats: (NatPolicy | undefined)[] = [uplink.nat];
  for (const { tiers } of policy.routes) {
    for (const each of uplinksOf(tiers)) if (each.uplink === uplink) nats.push(each.nat);
  }
  return nats.flatMap((nat) =>
    [nat?.[4], nat?.[6]].flatMap((action) =>
      action?.kind === 'snat' ? action.ranges.filter(({ low, high }) => low === high) : [],
    ),
  );
}
