import type { Box } from '../model/program.ts';
import { formatPacket } from '../policy/format-packet.ts';
import type { RoutePolicy } from '../policy/policy.ts';
import { at, diagnose, type Kind } from '../text/diagnostic.ts';
import type { Analysis, Subject } from './analysis.ts';
import { familyName } from './format-destiny.ts';
import type { RuleList } from './rule-lists.ts';
import { wayTo } from './way-to.ts';

const kind: Kind = {
  code: 'RC306',
  slug: 'left-to-main',
  severity: 'note',
  title: 'rules take nearly everything, and what they leave falls through to main',
};

const TCP = 6;
const UDP = 17;
const UNMARKED = [{ value: 0, mask: 0xffff_ffff }] as const;

/**
 * What no rule takes is left to main, and often that is the point. But where rules take all of TCP and UDP in
 * one family, somebody meant everything: then the other family, or the other protocols, may be forgotten.
 */
export const leftToMain: Analysis = {
  kind,
  run: (subject, report) => {
    for (const local of [false, true]) {
      const lists = subject.lists.filter((list) => list.local === local);
      const last = lists.flatMap((list) => lastOfAll(subject, list) ?? []);
      const [first] = last;
      if (first === undefined) continue;
      for (const list of lists) {
        const { family } = list;
        // Where no uplink has a way nothing can be meant but to leave it to main.
        if (!subject.program.uplinks.some(({ ways }) => ways[family] !== undefined)) continue;
        const way = leftOf(subject, list, {});
        const its = last.find((each) => each.list === list) ?? first;
        if (way.kind === 'undecided') subject.giveUp(its.route);
        if (way.kind !== 'free') continue;
        const all = `all that is TCP or UDP in ${familyName(its.list.family)}`;
        const what = local ? `${all} and that the router itself sends` : all;
        const message = `rules take ${what}, but not \`${formatPacket(way.packet)}\`: that falls through to main`;
        const help = local
          ? 'write `route local via main` below if that is meant, or a rule that takes it'
          : 'write `route via main` below if that is meant, or a rule that takes it';
        report(
          diagnose(kind, message, [at(its.route.statement.span, 'takes the last of them')], help),
        );
        break;
      }
    }
  },
};

/** The last rule that is needed to take all of TCP and UDP; nothing where they are not taken. */
function lastOfAll(
  subject: Subject,
  list: RuleList,
): { readonly list: RuleList; readonly route: RoutePolicy } | undefined {
  let last: { readonly order: number; readonly route: RoutePolicy } | undefined;
  for (const protocol of [TCP, UDP]) {
    const way = leftOf(subject, list, { protocol: [[protocol, protocol]] });
    if (way.kind !== 'taken') return undefined;
    for (const { route, order } of way.by) {
      if (route !== undefined && order >= (last?.order ?? 0)) last = { order, route };
    }
  }
  return last && { list, route: last.route };
}

/** Whether all that lies in a box, and carries no other program's mark, is taken by rules. */
function leftOf({ budget }: Subject, list: RuleList, its: Pick<Box, 'protocol'>) {
  const box = { family: list.family, mark: UNMARKED, ...its };
  return wayTo(list, box as Box, list.entries.length, budget);
}
