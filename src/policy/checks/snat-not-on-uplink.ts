import { FAMILIES, type Family } from '../../net/address.ts';
import { covers, type IntervalSet, type Point } from '../../net/interval-set.ts';
import { formatRange } from '../../net/prefix.ts';
import { at, diagnose, type Kind, quoting, type Report } from '../../text/diagnostic.ts';
import { lookAtRoutes } from '../look-at-routes.ts';
import type { Addresses, NatPolicy, OwnAddress, UplinkPolicy } from '../policy.ts';
import { addressesOf } from '../read-words.ts';
import { uplinksOf } from '../uplinks-of.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC224',
  slug: 'snat-not-on-uplink',
  severity: 'error',
  title: 'the uplink does not have this address',
};

interface Owned {
  readonly addresses: Addresses;
  readonly first: Readonly<Record<Family, OwnAddress | undefined>>;
}

function ownedBy({ addresses }: UplinkPolicy): Owned {
  const first = (family: Family) => addresses.find(({ own }) => own.family === family);
  return {
    addresses: addressesOf(addresses.map(({ own }) => own)),
    first: { 4: first(4), 6: first(6) },
  };
}

/** Where an uplink says which addresses it has, it can only translate to those. */
export const snatNotOnUplink: Check = {
  kind,
  run: ({ uplinks, routes }, report) => {
    const known = new Map<UplinkPolicy, Owned>();
    const look = (uplink: UplinkPolicy, nat: NatPolicy | undefined, say: Report): void => {
      const owned = known.get(uplink) ?? ownedBy(uplink);
      known.set(uplink, owned);
      for (const family of FAMILIES) {
        const action = nat?.[family];
        const first = owned.first[family];
        if (nat === undefined || action?.kind !== 'snat' || first === undefined) continue;
        const set = owned.addresses[family] as IntervalSet<Point>;
        const strange = action.ranges.find(({ low, high }) => !covers(set, [low, high]));
        if (strange === undefined) continue;
        const text = formatRange(strange);
        say(
          diagnose(
            kind,
            `the uplink \`${uplink.name}\` does not have the address ${text}`,
            [
              at(nat.span, 'translated to it here'),
              at(first.span, 'its addresses are declared here'),
              ...quoting(nat.secret),
              ...quoting(uplink.span),
            ],
            `answers to ${text} would not come back by \`${uplink.name}\`; add it to \`address\`, or translate to ${formatRange(first.own)}`,
          ),
        );
      }
    };
    for (const uplink of uplinks) look(uplink, uplink.nat, report);
    lookAtRoutes(routes, report, ({ tiers }, say) => {
      for (const { uplink, nat } of uplinksOf(tiers)) look(uplink, nat, say);
    });
  },
};
