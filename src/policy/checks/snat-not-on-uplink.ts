import { type AddressRange, FAMILIES } from '../../net/address.ts';
import { formatRange } from '../../net/prefix.ts';
import { at, diagnose, type Kind, quoting } from '../../text/diagnostic.ts';
import type { NatPolicy, UplinkPolicy } from '../policy.ts';
import { uplinksOf } from '../uplinks-of.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC224',
  slug: 'snat-not-on-uplink',
  severity: 'error',
  title: 'the uplink does not have this address',
};

/** Where an uplink says which addresses it has, it can only translate to those. */
export const snatNotOnUplink: Check = {
  kind,
  run: ({ uplinks, routes }, report) => {
    const look = (uplink: UplinkPolicy, nat: NatPolicy | undefined): void => {
      for (const family of FAMILIES) {
        const action = nat?.[family];
        const owned = uplink.addresses.filter(({ own }) => own.family === family);
        const [first] = owned;
        if (nat === undefined || action?.kind !== 'snat' || first === undefined) continue;
        const strange = action.ranges.find(
          (range) =>
            !covered(
              range,
              owned.map(({ own }) => own),
            ),
        );
        if (strange === undefined) continue;
        const text = formatRange(strange);
        report(
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
    for (const uplink of uplinks) look(uplink, uplink.nat);
    for (const { tiers } of routes) {
      for (const { uplink, nat } of uplinksOf(tiers)) look(uplink, nat);
    }
  },
};

/** Whether each address of the range is in one of the others; those may lie side by side. */
function covered(range: AddressRange, others: readonly AddressRange[]): boolean {
  let next: number | bigint = range.low;
  for (const other of [...others].sort((a, b) => (a.low < b.low ? -1 : 1))) {
    if (other.low <= next && next <= other.high) {
      if (other.high >= range.high) return true;
      next = typeof other.high === 'bigint' ? other.high + 1n : other.high + 1;
    }
  }
  return false;
}
