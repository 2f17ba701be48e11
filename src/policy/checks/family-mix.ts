import { FAMILIES, type Family } from '../../net/address.ts';
import { at, diagnose, type Kind, quoting, type Report } from '../../text/diagnostic.ts';
import { hasWay } from '../has-way.ts';
import { lookAtRoutes } from '../look-at-routes.ts';
import type { NatPolicy, UplinkPolicy } from '../policy.ts';
import { uplinksOf } from '../uplinks-of.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC230',
  slug: 'family-mix',
  severity: 'error',
  title: 'no packet has an address that this translates',
};

const TRANSLATES: ReadonlySet<string | undefined> = new Set(['snat', 'prefix']);

/** A `snat` that names a family which no packet can have that it is for. */
export const familyMix: Check = {
  kind,
  run: ({ uplinks, routes }, report) => {
    const look = (
      uplink: UplinkPolicy,
      nat: NatPolicy | undefined,
      say: Report,
      rule?: readonly Family[],
    ) => {
      const named = FAMILIES.filter((family) => TRANSLATES.has(nat?.[family]?.kind));
      const ways = FAMILIES.filter((family) => hasWay(uplink, family));
      const wanted = rule ?? ways;
      const fits = named.some((family) => wanted.includes(family) && ways.includes(family));
      if (nat === undefined || named.length === 0 || fits) return;
      const its = `IPv${named.join('/')}`;
      const byRule = !named.some((family) => wanted.includes(family));
      const why =
        byRule && rule !== undefined
          ? `the rule is about IPv${rule.join('/')}`
          : `\`${uplink.name}\` has no ${its} gateway`;
      const message = `this \`snat\` is for ${its}, and ${why}`;
      const labels = [at(nat.span), ...quoting(uplink.span), ...quoting(nat.secret)] as const;
      say(diagnose(kind, message, [...labels], 'translate to an address of the other family'));
    };
    for (const uplink of uplinks) look(uplink, uplink.nat, report);
    lookAtRoutes(routes, report, ({ conditions, tiers }, say) => {
      for (const { uplink, nat } of uplinksOf(tiers)) look(uplink, nat, say, conditions.families);
    });
  },
};
