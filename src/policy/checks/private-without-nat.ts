import { FAMILIES, type Family } from '../../net/address.ts';
import { hasWithin } from '../../net/interval-set.ts';
import { isPrivate, PRIVATE } from '../../net/private.ts';
import { at, diagnose, type Kind } from '../../text/diagnostic.ts';
import type { Span } from '../../text/source.ts';
import type { Addresses, Conditions, Policy, RoutePolicy, UplinkPolicy } from '../policy.ts';
import { sourceSpan } from '../source-span.ts';
import { uplinksOf } from '../uplinks-of.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC227',
  slug: 'private-without-nat',
  severity: 'warning',
  title: 'private addresses leave by an uplink without NAT',
};

/**
 * What a rule sends from private addresses to a public gateway needs NAT, or no answer comes back.
 * Tunnels have no gateway, private nets beyond a private gateway may know the way, and `nonat` says
 * that it is meant.
 */
export const privateWithoutNat: Check = {
  kind,
  run: (policy, report) => {
    for (const family of FAMILIES) {
      for (const [uplink, source] of firstSources(policy, family)) {
        const message = `private IPv${family} addresses leave by \`${uplink.name}\` as they are, and no answer finds back`;
        const help = `add \`masquerade\` to \`${uplink.name}\`, or \`nonat\` if this is meant`;
        const labels = [at(uplink.span, `no NAT for IPv${family}`), at(source, 'private')] as const;
        report(diagnose(kind, message, [...labels], help));
      }
    }
  },
};

/** Each uplink that private addresses leave by without a word about NAT, with the first such source. */
function firstSources({ routes }: Policy, family: Family): Map<UplinkPolicy, Span> {
  const found = new Map<UplinkPolicy, Span>();
  const untold = new Map(routes.unlike.map((route) => [route, untoldOf(route, family)]));
  if ([...untold.values()].every(({ length }) => length === 0)) return found;
  for (const route of routes) {
    const { statement, conditions, like = route } = route;
    const its = untold.get(like) ?? [];
    if (its.length === 0 || !isFromPrivate(conditions, family)) continue;
    for (const uplink of its) {
      if (found.has(uplink)) continue;
      const span = sourceSpan(statement);
      if (span !== undefined) found.set(uplink, span);
    }
  }
  return found;
}

/** The uplinks of a target that lead outside, and nothing says what they translate to. */
function untoldOf({ tiers }: RoutePolicy, family: Family): UplinkPolicy[] {
  return uplinksOf(tiers).flatMap(({ uplink, nat }) => {
    const told = (nat?.[family] ?? uplink.nat?.[family]) !== undefined;
    return !told && leadsOutside(uplink, family) ? [uplink] : [];
  });
}

/** Whether a rule names private sources, and destinations that are not private too. */
function isFromPrivate({ local, families, from, to }: Conditions, family: Family): boolean {
  if (local || from === undefined || !families.includes(family)) return false;
  return holdsPrivate(from, family) && (to === undefined || !holdsPrivate(to, family));
}

function holdsPrivate(set: Addresses, family: Family): boolean {
  return family === 4
    ? PRIVATE[4].some((range) => hasWithin(set[4], range))
    : PRIVATE[6].some((range) => hasWithin(set[6], range));
}

/** Whether a gateway of the family is there, and nothing says that what is beyond it is private. */
function leadsOutside({ gateways, dhcp, addresses }: UplinkPolicy, family: Family): boolean {
  const gateway = gateways.find(({ value }) => value.family === family)?.value.value;
  if (gateway === undefined && dhcp === undefined) return false;
  const ranges = addresses.map(({ own }) => own).filter((own) => own.family === family);
  const single = { family, low: gateway, high: gateway } as (typeof ranges)[number];
  return ![...(gateway === undefined ? [] : [single]), ...ranges].some(isPrivate);
}
