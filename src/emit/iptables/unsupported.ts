import { formatDevice, isDevicePattern, LAST_DEVICE } from '../../net/device-name.ts';
import { complement } from '../../net/interval-set.ts';
import type { Check } from '../../policy/checks/check.ts';
import { hasWay } from '../../policy/has-way.ts';
import { lookAtRoutes } from '../../policy/look-at-routes.ts';
import type { NatPolicy, RoutePolicy, TierPolicy, UplinkPolicy } from '../../policy/policy.ts';
import { uplinksOf } from '../../policy/uplinks-of.ts';
import {
  at,
  diagnose,
  type Kind,
  type Label,
  quoting,
  type Report,
} from '../../text/diagnostic.ts';
import { MOST_NODES } from './apportion.ts';

const kind: Kind = {
  code: 'RC405',
  slug: 'iptables-unsupported',
  severity: 'error',
  title: 'iptables can not do this',
};

/** What the policy asks for and no match or target of iptables does. */
export const unsupported: Check = {
  kind,
  run: ({ uplinks, routes }, report) => {
    const tell = (findings: Iterable<Finding>, say: Report): void => {
      for (const { labels, what, help } of findings) {
        say(diagnose(kind, `iptables can't ${what}`, labels, `${help}, or compile for nft`));
      }
    };
    for (const uplink of uplinks) tell(ofUplink(uplink), report);
    lookAtRoutes(routes, report, (route, say) => tell(ofRoute(route), say));
  },
};

interface Finding {
  readonly labels: readonly [Label, ...Label[]];
  readonly what: string;
  readonly help: string;
}

function* ofUplink({ device, span, statement, nat }: UplinkPolicy): Iterable<Finding> {
  const place = statement?.clauses.find((clause) => clause.kind === 'dev')?.span ?? span;
  if (isWildcard(device)) yield named(device, [at(place)]);
  yield* scattered(nat);
}

function* ofRoute({ tiers, statement, conditions }: RoutePolicy): Iterable<Finding> {
  for (const { nat } of uplinksOf(tiers)) yield* scattered(nat);
  const [first] = tiers;
  if (first?.kind === 'balance' && first.by === 'source-destination') {
    yield {
      labels: [at(first.span, 'balanced by both ends')],
      what: 'divide by source and destination together',
      help: 'write `by source` or `by flow`',
    };
  }
  const twice = conditions.families.includes(6) ? sameDevice(tiers) : undefined;
  if (twice !== undefined) {
    yield {
      labels: [
        at(twice.span, `another on \`${twice.uplink.device}\``),
        ...quoting(twice.uplink.span),
      ],
      what: 'tell uplinks on one device apart in IPv6',
      help: 'add `ipv4` to the rule',
    };
  }
  const { devices = [] } = conditions;
  const arrival = statement.matches.find((match) => match.kind === 'in');
  const exact = [...devices, ...complement(devices, LAST_DEVICE)].filter(
    ([low, high]) => low === high,
  );
  const wild = exact.filter(isDevicePattern).map(formatDevice).find(isWildcard);
  if (arrival !== undefined && wild !== undefined) yield named(wild, [at(arrival.span)]);
}

/** An uplink that a rule names behind another on its device, both with a way for IPv6. */
function sameDevice(
  tiers: readonly TierPolicy[],
): ReturnType<typeof uplinksOf>[number] | undefined {
  const named = uplinksOf(tiers).filter(({ uplink }) => hasWay(uplink, 6));
  return named.find(({ uplink }, index) =>
    named
      .slice(0, index)
      .some((before) => before.uplink !== uplink && before.uplink.device === uplink.device),
  );
}

const isWildcard = (device: string): boolean => device.endsWith('+') || device === '!';

function named(device: string, labels: readonly [Label, ...Label[]]): Finding {
  return {
    labels,
    what: `name the device \`${device}\`: to it that is a pattern`,
    help: 'rename the device',
  };
}

/** Single addresses here and there are chosen by a hash that tells only so many apart. */
function* scattered(nat: NatPolicy | undefined): Iterable<Finding> {
  for (const family of [4, 6] as const) {
    const action = nat?.[family];
    if (nat === undefined || action?.kind !== 'snat' || action.ranges.length < 2) continue;
    const count = action.ranges.reduce(
      (sum, { low, high }) => sum + Number(BigInt(high) - BigInt(low)) + 1,
      0,
    );
    if (count <= MOST_NODES) continue;
    yield {
      labels: [at(nat.span, `${count} addresses`), ...quoting(nat.secret)],
      what: `translate to more than ${MOST_NODES} addresses that are not one range`,
      help: 'write one range',
    };
  }
}
