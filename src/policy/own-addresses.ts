import type { AddressRange, Family } from '../net/address.ts';
import { formatRange } from '../net/prefix.ts';
import type { NatPolicy, Policy, UplinkPolicy } from './policy.ts';
import { uplinksOf } from './uplinks-of.ts';

export interface OwnPrefix {
  readonly family: Family;
  readonly prefix: string;
  readonly range: AddressRange;
}

/**
 * The addresses whose sockets leave by each uplink: those declared, or else the single ones that it
 * translates to. An address belongs to the first uplink that claims it.
 */
export function ownAddresses(policy: Policy): Map<UplinkPolicy, OwnPrefix[]> {
  const claimed = new Set<string>();
  const out = new Map<UplinkPolicy, OwnPrefix[]>();
  for (const [uplink, ranges] of claimedAddresses(policy)) {
    const own: OwnPrefix[] = [];
    for (const range of ranges) {
      const prefix = formatRange(range);
      if (claimed.has(prefix)) continue;
      claimed.add(prefix);
      own.push({ family: range.family, prefix, range });
    }
    out.set(uplink, own);
  }
  return out;
}

/** The addresses that each uplink says are its own, whoever else says so. */
export function claimedAddresses(policy: Policy): Map<UplinkPolicy, readonly AddressRange[]> {
  const nats = natsOf(policy);
  return new Map(
    policy.uplinks.map((uplink) => [
      uplink,
      uplink.statement?.clauses.some(({ kind }) => kind === 'address')
        ? uplink.addresses.map(({ own }) => own)
        : (nats.get(uplink) ?? []).flatMap(singleAddresses),
    ]),
  );
}

/** What the packets of each uplink are translated to. */
function natsOf({ uplinks, routes }: Policy): Map<UplinkPolicy, NatPolicy[]> {
  const nats = new Map(
    uplinks.map((uplink) => [uplink, uplink.nat === undefined ? [] : [uplink.nat]]),
  );
  for (const { tiers } of routes.unlike) {
    for (const { uplink, nat } of uplinksOf(tiers)) {
      if (nat !== undefined) nats.get(uplink)?.push(nat);
    }
  }
  return nats;
}

function singleAddresses(nat: NatPolicy): AddressRange[] {
  return [nat[4], nat[6]].flatMap((action) =>
    action?.kind === 'snat' ? action.ranges.filter(({ low, high }) => low === high) : [],
  );
}
