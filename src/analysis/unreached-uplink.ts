import { formatPacket } from '../policy/format-packet.ts';
import type { RoutePolicy } from '../policy/policy.ts';
import { secretOf } from '../policy/secret-of.ts';
import { at, diagnose, type Kind, quoting } from '../text/diagnostic.ts';
import type { Analysis, Subject } from './analysis.ts';
import type { Destiny } from './destiny.ts';
import { type Fate, fateOf } from './fates.ts';
import type { Entry, RuleList } from './rule-lists.ts';

const kind: Kind = {
  code: 'RC305',
  slug: 'unreached-uplink',
  severity: 'warning',
  title: 'rules lead to this uplink, and no packet reaches one of them',
};

/** So many of the rules are shown. */
const SHOWN = 3;

/** All rules that lead to an uplink are shadowed. What no rule names, or a `forward` does, is another matter. */
export const unreachedUplink: Analysis = {
  kind,
  run: (subject, report) => {
    const { policy } = subject;
    const leading = leadingTo(subject);
    const forwarded = new Set(
      policy.forwards.flatMap(({ uplinks }) => uplinks.map(({ name }) => name)),
    );
    for (const { name, span } of policy.uplinks) {
      const its = forwarded.has(name) ? undefined : leading.get(name);
      const found = its && unreached(subject, its);
      if (found === undefined) continue;
      const { routes, packet, taker } = found;
      const message = `rules lead to the uplink \`${name}\`, and no packet reaches one of them`;
      const labels = routes
        .slice(0, SHOWN)
        .map(({ statement }) => at(statement.span, 'no packet reaches this'));
      const hidden = [...routes, taker].flatMap(({ statement }) =>
        quoting(secretOf(policy, statement)),
      );
      const help = `\`${formatPacket(packet)}\`, for one, is taken by \`${taker.statement.text}\``;
      report(diagnose(kind, message, [at(span), ...labels, ...hidden], help));
    }
  },
};

interface Lead {
  readonly list: RuleList;
  readonly entry: Entry;
  readonly route: RoutePolicy;
}

/** What leads to each uplink, if only while others are down. */
function leadingTo({ lists }: Subject): Map<string, Lead[]> {
  const out = new Map<string, Lead[]>();
  const known = new Map<Destiny, readonly string[]>();
  for (const list of lists) {
    for (const entry of list.entries) {
      const { route, destiny } = entry;
      if (route === undefined) continue;
      const names = known.get(destiny) ?? uplinksOf(destiny);
      known.set(destiny, names);
      for (const name of names) {
        const its = out.get(name);
        if (its === undefined) out.set(name, [{ list, entry, route }]);
        else its.push({ list, entry, route });
      }
    }
  }
  return out;
}

const uplinksOf = ({ ways }: Destiny): readonly string[] => [
  ...new Set(ways.flatMap(({ way }) => way.tiers.map(({ uplink }) => uplink.name))),
];

/** The rules, if nothing reaches any of them; the first that something reaches ends the search. */
function unreached(
  { budget, giveUp, fates }: Subject,
  leads: readonly Lead[],
): (Pick<Fate & { kind: 'shadowed' }, 'packet' | 'taker'> & { routes: RoutePolicy[] }) | undefined {
  let dead: (Fate & { kind: 'shadowed' }) | undefined;
  for (const { list, entry, route } of leads) {
    const fate = fateOf(list, entry, budget);
    if (fate?.kind === 'undecided' && fates.get(route)?.kind === 'reached') giveUp(route);
    if (fate === undefined || fate.kind === 'spared') continue;
    if (fate.kind !== 'shadowed') return undefined;
    dead ??= fate;
  }
  return dead && { ...dead, routes: [...new Set(leads.map(({ route }) => route))] };
}
