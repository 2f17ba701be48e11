import { DIMENSIONS, type Dimension, lastPoint } from '../model/dimensions.ts';
import { intersectBoxes } from '../model/intersect-boxes.ts';
import type { Packet } from '../model/packet.ts';
import type { Box } from '../model/program.ts';
import type { AddressRange, Family } from '../net/address.ts';
import { difference, type Interval, type IntervalSet, type Point } from '../net/interval-set.ts';
import { prefixLength } from '../net/prefix.ts';
import { formatPacket } from '../policy/format-packet.ts';
import type { RoutePolicy } from '../policy/policy.ts';
import { secretOf } from '../policy/secret-of.ts';
import { at, diagnose, type Kind, quoting } from '../text/diagnostic.ts';
import type { Analysis, Subject } from './analysis.ts';
import { isSpent, mayTry } from './budget.ts';
import { indexOf, type RuleIndex, visitMeeting } from './rule-index.ts';
import type { Entry, RuleList } from './rule-lists.ts';
import { wayTo } from './way-to.ts';

const kind: Kind = {
  code: 'RC303',
  slug: 'order-decides',
  severity: 'note',
  title: 'this rule and one above it share a part of a list, and lead elsewhere',
};

/** More rules that list something in the same dimension are not compared with one. */
const MOST_COMPARED = 300;

/**
 * Two rules that lead to different places and cross in one dimension: both list the same value there (or
 * ranges that cross), and each something that the other does not. That is often a value in one list too
 * many. That rules meet in other ways is how policies are written: a host here, a port there, an exception
 * above what is wider.
 */
export const orderDecides: Analysis = {
  kind,
  run: (subject, report) => {
    const said = new Set<RoutePolicy>();
    for (const list of subject.lists) {
      const listing = new Map(
        DIMENSIONS.map((dimension) => [dimension, listingIn(list, dimension)]),
      );
      for (const entry of list.entries) {
        const { route } = entry;
        if (route === undefined || said.has(route)) continue;
        if (subject.fates.get(route)?.kind !== 'reached') continue;
        const found = crossingOf(subject, list, listing, entry, route);
        if (found === undefined) continue;
        said.add(route);
        const { above, packet } = found;
        const text = formatPacket(packet);
        const message = `\`${text}\` is in this rule and in \`${above.statement.text}\`, which leads elsewhere: their order decides`;
        const labels = [at(route.statement.span), at(above.statement.span, 'takes it')] as const;
        const help = 'take what both list out of one of them, or allow this if the order is meant';
        const secret = [route, above].flatMap(({ statement }) =>
          quoting(secretOf(subject.policy, statement)),
        );
        report(diagnose(kind, message, [...labels, ...secret], help));
      }
    }
  },
};

interface Crossing {
  readonly above: RoutePolicy;
  readonly packet: Packet;
}

/** The entries that list something in a dimension. */
function listingIn({ entries }: RuleList, dimension: Dimension): RuleIndex {
  return indexOf(entries.filter(({ box }) => isList(box, dimension)));
}

function crossingOf(
  { budget, giveUp }: Subject,
  list: RuleList,
  listing: ReadonlyMap<Dimension, RuleIndex>,
  entry: Entry,
  route: RoutePolicy,
): Crossing | undefined {
  if (isSpent(budget)) {
    giveUp(route);
    return undefined;
  }
  let compared = 0;
  let tries = 0;
  let found: Crossing | undefined;
  for (const [dimension, index] of listing) {
    if (!isList(entry.box, dimension)) continue;
    visitMeeting(index, entry.box, 0, entry.order, budget, (other) => {
      compared += 1;
      if (compared > MOST_COMPARED || isSpent(budget)) return true;
      if (other.route === undefined || other.destiny.key === entry.destiny.key) return false;
      if (!cross(setOf(entry.box, dimension), setOf(other.box, dimension))) return false;
      const common = intersectBoxes(entry.box, other.box);
      if (common === undefined) return false;
      if (!mayTry(budget, tries)) return true;
      tries += 1;
      const way = wayTo(list, common, other.order, budget);
      if (way.kind === 'free') found = { above: other.route, packet: way.packet };
      return found !== undefined;
    });
    if (found !== undefined) return found;
  }
  if (compared > MOST_COMPARED || isSpent(budget)) giveUp(route);
  return undefined;
}

const setOf = (box: Box, dimension: Dimension): IntervalSet<Point> =>
  (box[dimension] as IntervalSet<Point> | undefined) ?? [];

/** Whether a box lists values of a dimension: several, or a range; no prefix, and no `not`. */
function isList(box: Box, dimension: Dimension): boolean {
  const set = setOf(box, dimension);
  const [only] = set;
  if (only === undefined || isMost(set, lastPoint(dimension, box.family))) return false;
  return set.length > 1 || !isPrefix(box.family, dimension, only);
}

function isPrefix(family: Family, dimension: Dimension, [low, high]: Interval<Point>): boolean {
  if (low === high || dimension === 'device') return true;
  if (dimension !== 'source' && dimension !== 'destination') return false;
  // Two hosts side by side are a prefix by chance.
  if (Number(high) - Number(low) < 2) return false;
  return prefixLength({ family, low, high } as AddressRange) !== undefined;
}

function cross(one: IntervalSet<Point>, other: IntervalSet<Point>): boolean {
  if (difference(one, other).length === 0 || difference(other, one).length === 0) return false;
  for (let i = 0, j = 0; i < one.length && j < other.length; ) {
    const [a, b] = [one[i], other[j]] as [Interval<Point>, Interval<Point>];
    const apart = a[1] < b[0] || b[1] < a[0];
    // The one begins and ends first, or they are the same.
    if (!apart && ((a[0] <= b[0] && a[1] <= b[1]) || (b[0] <= a[0] && b[1] <= a[1]))) {
      if ((a[0] === b[0]) === (a[1] === b[1])) return true;
    }
    if (a[1] < b[1]) i += 1;
    else j += 1;
  }
  return false;
}

/** Whether a set holds more than half of all points, as what is written with `not` does. */
function isMost(set: IntervalSet<Point>, last: Point): boolean {
  const held = set.reduce((sum, [low, high]) => sum + Number(high) - Number(low) + 1, 0);
  return held > Number(last) / 2;
}
