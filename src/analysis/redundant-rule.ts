import type { Packet } from '../model/packet.ts';
import { formatPacket } from '../policy/format-packet.ts';
import type { RoutePolicy } from '../policy/policy.ts';
import { secretOf } from '../policy/secret-of.ts';
import { allOf } from '../series.ts';
import { at, diagnose, type Kind, quoting } from '../text/diagnostic.ts';
import type { Analysis, Subject } from './analysis.ts';
import { redundancyOf } from './redundancy.ts';
import type { Entry, RuleList } from './rule-lists.ts';

const kind: Kind = {
  code: 'RC302',
  slug: 'redundant-rule',
  severity: 'note',
  title: 'without this rule nothing would change',
};

/**
 * A rule whose packets would fare the same without it, by the rules below or because main has the rest.
 * From the last one up, and each as if those that are dead or redundant were gone: all may be taken out.
 */
export const redundantRule: Analysis = {
  kind,
  run: (subject, report) => {
    for (const [route, { next, packet }] of redundantRules(subject)) {
      const [first] = next;
      const message =
        first === undefined
          ? 'without this rule nothing would change: what no rule takes is left to main'
          : `without this rule nothing would change: \`${first.statement.text}\` does the same with it`;
      const labels = next.slice(0, 2).map(({ statement }) => at(statement.span, 'does the same'));
      const one = packet === undefined ? '' : `; \`${formatPacket(packet)}\` is one of its packets`;
      const help = `take it out, or allow it if it is there to be read${one}`;
      const hidden = quoting(secretOf(subject.policy, route.statement));
      report(diagnose(kind, message, [at(route.statement.span), ...labels, ...hidden], help));
    }
  },
};

/** Whether a rule is about all that is forwarded or sent, or all of one family. */
function asksNothing({ statement: { matches } }: RoutePolicy): boolean {
  return matches.every(({ kind: of }) => of === 'local' || of === 'ipv4' || of === 'ipv6');
}

/** What would take what a rule takes, and a packet of it. */
interface Idle {
  readonly next: readonly RoutePolicy[];
  readonly packet?: Packet;
}

/** Rules that are reached and make no difference. */
function redundantRules(subject: Subject): Map<RoutePolicy, Idle> {
  const { policy, lists, fates, budget, giveUp } = subject;
  const places = new Map<RoutePolicy, { list: RuleList; entry: Entry }[]>();
  for (const list of lists) {
    for (const entry of list.entries) {
      if (entry.route === undefined) continue;
      const its = places.get(entry.route);
      if (its === undefined) places.set(entry.route, [{ list, entry }]);
      else its.push({ list, entry });
    }
  }
  const dead = [...fates].filter(([, { kind: fate }]) => fate === 'shadowed');
  const gone = new Set(dead.map(([route]) => route));
  const out = new Map<RoutePolicy, Idle>();
  for (const route of [...allOf(policy.routes)].reverse()) {
    if (fates.get(route)?.kind !== 'reached') continue;
    const next = new Set<RoutePolicy>();
    let packet: Packet | undefined;
    const needed = places.get(route)?.some(({ list, entry }) => {
      const found = redundancyOf(list, entry, gone, budget);
      if (found.kind === 'undecided') giveUp(route);
      if (found.kind !== 'redundant') return true;
      packet ??= found.packet;
      for (const each of found.next) if (each.route !== undefined) next.add(each.route);
      return false;
    });
    // A last line that says what is so anyway is a good habit.
    if (needed || (next.size === 0 && asksNothing(route))) continue;
    gone.add(route);
    out.set(route, { next: [...next], ...(packet === undefined ? {} : { packet }) });
  }
  return out;
}
