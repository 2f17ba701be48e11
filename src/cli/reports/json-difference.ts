import type { Difference } from '../../analysis/diff-policies.ts';
import { formatDestiny } from '../../analysis/format-destiny.ts';
import type { RoutePolicy } from '../../policy/policy.ts';
import { jsonText } from '../../text/json-text.ts';
import type { OpenSide } from '../open-side.ts';
import { type SideNames, textOf } from './region-text.ts';
import { placeOf } from './report-of.ts';

/** What changes, for programs; the shape only ever grows. `complete` is false where not all is decided. */
export function jsonDifference(difference: Difference, sides: SideNames): string {
  const { flows, uplinks, forwards, sets, settings, undecided, changes } = difference;
  const rule = (route: RoutePolicy | undefined, side: OpenSide): object | null => {
    if (route === undefined) return null;
    const place = placeOf(route.statement);
    return { ...place, file: side.nameOf(route.statement.span.source), id: route.id };
  };
  const rules = [
    ...undecided.before.map((route) => rule(route, sides.was)),
    ...undecided.after.map((route) => rule(route, sides.now)),
  ];
  return jsonText({
    version: 1,
    old: sides.was.name,
    new: sides.now.name,
    changes,
    complete: rules.length === 0,
    traffic: flows.map(({ before, after, regions }) => ({
      before: formatDestiny(before),
      after: formatDestiny(after),
      regions: regions.map((region) => {
        const { matches, packet } = textOf(region, sides);
        return {
          matches,
          partly: region.partly,
          arrival: region.arrival ?? null,
          more: region.more,
          packet: packet ?? null,
          before: rule(region.before, sides.was),
          after: rule(region.after, sides.now),
        };
      }),
    })),
    uplinks,
    forwards,
    sets,
    settings,
    undecided: rules,
  });
}
