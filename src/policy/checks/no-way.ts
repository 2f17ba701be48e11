import { FAMILIES } from '../../net/address.ts';
import { at, diagnose, type Kind, quoting } from '../../text/diagnostic.ts';
import { uplinksOf } from '../uplinks-of.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC225',
  slug: 'no-way',
  severity: 'warning',
  title: 'the uplink has no gateway of this family',
};

/** What a rule sends to an uplink without a gateway of the packet's family is unreachable. */
export const noWay: Check = {
  kind,
  run: ({ routes }, report) => {
    for (const { conditions, tiers } of routes) {
      for (const { uplink, span } of uplinksOf(tiers)) {
        const { name, gateways, dhcp } = uplink;
        if (gateways.length === 0 || dhcp !== undefined) continue;
        for (const family of FAMILIES) {
          const asked =
            conditions.families.includes(family) &&
            conditions.from?.[family].length !== 0 &&
            conditions.to?.[family].length !== 0;
          if (!asked || gateways.some(({ value }) => value.family === family)) continue;
          report(
            diagnose(
              kind,
              `\`${name}\` has no IPv${family} gateway: the rule makes IPv${family} unreachable`,
              [at(span, `no way for IPv${family}`), ...quoting(uplink.span)],
              `add \`ipv${family === 4 ? 6 : 4}\` to the rule if IPv${family} is not meant, or a gateway to \`${name}\``,
            ),
          );
        }
      }
    }
  },
};
