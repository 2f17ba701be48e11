import { bug } from '../bug.ts';
import { intersectBoxes } from '../model/intersect-boxes.ts';
import type { Packet } from '../model/packet.ts';
import type { Box, Program } from '../model/program.ts';
import { subtractBoxes } from '../model/subtract-boxes.ts';
import { witness } from '../model/witness.ts';
import type { Policy, RoutePolicy } from '../policy/policy.ts';
import { allOf } from '../series.ts';
import { type Changed, changedPackets, type Pair, patience } from './changed-packets.ts';
import { type Destiny, destinyKey, type Names, OWN_NAMES } from './destiny.ts';
import { diffForwards } from './diff-forwards.ts';
import { diffSets, withSetNames } from './diff-sets.ts';
import { diffSettings } from './diff-settings.ts';
import { changedNats, diffUplinks } from './diff-uplinks.ts';
import { visitMeeting } from './rule-index.ts';
import { type Entry, type RuleList, ruleLists } from './rule-lists.ts';
import { sameUplinks } from './same-uplinks.ts';

/** A sound policy and what it comes to. */
export interface Side {
  readonly policy: Policy;
  readonly program: Program;
}

/** Packets that one rule took and another one takes. */
export interface Region {
  /** Absent where no rule takes them. */
  readonly before?: RoutePolicy;
  readonly after?: RoutePolicy;
  /** They lie in one of these. */
  readonly boxes: readonly { readonly box: Box; readonly local: boolean }[];
  /** Whether other rules take some of what lies there. */
  readonly partly: boolean;
  readonly packet: Packet;
  /** They come in by a device that is an uplink's on this side alone, where no rule for what it brings takes them. */
  readonly arrival?: 'before' | 'after';
  /** Whether more of what that uplink brings fares the same, by other rules. */
  readonly more: boolean;
}

/** Packets of which the same became, and of which another thing becomes. */
export interface Flow {
  readonly before: Destiny;
  readonly after: Destiny;
  readonly regions: readonly Region[];
}

/** What two policies make otherwise. */
export interface Difference {
  readonly flows: readonly Flow[];
  /** What changes of uplinks, of ports that are led on, and of sets that fill at run time. */
  readonly uplinks: readonly string[];
  readonly forwards: readonly string[];
  readonly sets: readonly string[];
  /** What differs and changes no packet's way. */
  readonly settings: readonly string[];
  /** Rules of either side that meet too many others. */
  readonly undecided: {
    readonly before: readonly RoutePolicy[];
    readonly after: readonly RoutePolicy[];
  };
  /** False where nothing changes, as far as it was decided. */
  readonly changes: boolean;
}

/** Which traffic two policies make something else of: by meaning, whatever their text. */
export function diffPolicies(was: Side, now: Side): Difference {
  const same = sameUplinks(was.program, now.program);
  const sets = diffSets(was.program, now.program);
  const naming = namesOf(was.program, now.program, same);
  const lists = ruleLists(was.policy, was.program, naming.was);
  const listsNow = ruleLists(now.policy, withSetNames(now.program, sets.same), naming.now);
  const left = patience();
  const grouped: Grouped = new Map();
  const undecided = { before: new Set<RoutePolicy>(), after: new Set<RoutePolicy>() };
  lists.forEach((list, index) => {
    const listNow = listsNow[index] ?? bug('lists of one side only');
    const changed = changedPackets(list, listNow, left);
    collect(grouped, list, listNow, changed, naming.real);
    const before = new Set(list.entries);
    for (const entry of changed.undecided) {
      if (entry.route !== undefined) {
        undecided[before.has(entry) ? 'before' : 'after'].add(entry.route);
      }
    }
  });
  const flows = flowsOf(grouped, was.policy, now.policy);
  const told = {
    uplinks: diffUplinks(was.program, now.program, same),
    forwards: diffForwards(was.program, now.program, same),
    sets: sets.sentences,
  };
  return {
    flows,
    ...told,
    settings: diffSettings(was.program, now.program),
    undecided: { before: [...undecided.before], after: [...undecided.after] },
    changes: flows.length > 0 || Object.values(told).some((sentences) => sentences.length > 0),
  };
}

/**
 * Uplinks by their names in the older program; a NAT that is an uplink's own, and changes there, is told once, with
 * the uplink, and not with each rule.
 */
function namesOf(
  was: Program,
  now: Program,
  same: ReadonlyMap<string, string>,
): {
  readonly was: Names;
  readonly now: Names;
  readonly real: { readonly was: Names; readonly now: Names };
} {
  const old = new Map(was.uplinks.map((uplink) => [uplink.name, uplink]));
  const moved = new Set(
    now.uplinks.flatMap((uplink) => {
      const name = same.get(uplink.name) ?? uplink.name;
      const before = old.get(name);
      return before === undefined
        ? []
        : changedNats(before, uplink).map((family) => `${name} ${family}`);
    }),
  );
  const spelled = (uplink: Names['uplink']): Names => ({
    uplink,
    nat: (nat, its, family) => {
      const text = OWN_NAMES.nat(nat, its, family);
      const own = text === OWN_NAMES.nat(its.nat[family], its, family);
      return own && moved.has(`${uplink(its)} ${family}`) ? 'its own' : text;
    },
  });
  const renamed: Names['uplink'] = ({ name }) => same.get(name) ?? name;
  return {
    was: spelled(OWN_NAMES.uplink),
    now: spelled(renamed),
    real: { was: OWN_NAMES, now: { ...OWN_NAMES, uplink: renamed } },
  };
}

/** Pairs of rules by what became, and what becomes, of their packets. */
type Grouped = Map<string, { before: Destiny; after: Destiny; regions: Map<string, Found[]> }>;
interface Found {
  readonly pair: Pair;
  readonly was: RuleList;
  readonly now: RuleList;
}

function collect(
  grouped: Grouped,
  was: RuleList,
  now: RuleList,
  { pairs }: Changed,
  real: { readonly was: Names; readonly now: Names },
): void {
  const lineOf = (route: RoutePolicy | undefined): string => {
    if (route === undefined) return '-';
    const { span } = route.statement;
    return `${span.source.name}:${span.start}`;
  };
  for (const pair of pairs) {
    const [before, after] = [destinyOf(pair.before, was), destinyOf(pair.after, now)];
    const one = destinyKey(before, was.family, real.was);
    const other = destinyKey(after, now.family, real.now);
    // A rule says itself now what was its uplink's own before, or the other way round.
    if (one === other) continue;
    const key = `${one} | ${other}`;
    const its = grouped.get(key) ?? { before, after, regions: new Map<string, Found[]>() };
    grouped.set(key, its);
    const arrival = pair.arrival === undefined ? '' : `${pair.arrival} ${was.family}`;
    const place = `${lineOf(pair.before?.route)} ${lineOf(pair.after?.route)} ${arrival}`;
    const found = its.regions.get(place);
    if (found === undefined) its.regions.set(place, [{ pair, was, now }]);
    else found.push({ pair, was, now });
  }
}

const destinyOf = (entry: Entry | undefined, list: RuleList): Destiny =>
  entry?.destiny ?? list.rest;

/** In the order of the newer rules, or else of the older ones. */
function flowsOf(grouped: Grouped, was: Policy, now: Policy): Flow[] {
  const placesWas = new Map(allOf(was.routes).map((route, index) => [route, index]));
  const placesNow = new Map(allOf(now.routes).map((route, index) => [route, index]));
  const placeOf = ({ before, after }: Region): number =>
    (after && placesNow.get(after)) ?? (before && placesWas.get(before)) ?? 0;
  return [...grouped.values()]
    .map(({ before, after, regions }) => ({
      before,
      after,
      regions: [...regions.values()].map(regionOf).sort((a, b) => placeOf(a) - placeOf(b)),
    }))
    .sort((a, b) => placeOf(a.regions[0] as Region) - placeOf(b.regions[0] as Region));
}

function regionOf(found: readonly Found[]): Region {
  const [{ pair }] = found as readonly [Found];
  const { before, after } = pair;
  const parts = found.map((each) => ({ ...partOf(each), local: each.was.local }));
  return {
    ...(before?.route === undefined ? {} : { before: before.route }),
    ...(after?.route === undefined ? {} : { after: after.route }),
    boxes: parts.map(({ box, local }) => ({ box, local })),
    partly: parts.some(({ partly }) => partly),
    packet: pair.packet,
    ...(pair.arrival === undefined ? {} : { arrival: pair.arrival }),
    more: found.some(({ pair: its }) => its.more === true),
  };
}

/** So many rules above are tried, and so many pieces that one leaves. */
const TAKEN_OUT = 100;

/**
 * The box of a pair without what rules above take, as far as each of them leaves one box, and whether others take some of
 * that: what a list or a range lost is what its rule of today leaves.
 */
function partOf({ pair, was, now }: Found): { readonly box: Box; readonly partly: boolean } {
  const { before, after } = pair;
  const above = [...takersAbove(was, pair.box, before), ...takersAbove(now, pair.box, after)];
  let { box } = pair;
  let partly = above.length > TAKEN_OUT;
  for (const taker of above.slice(0, TAKEN_OUT)) {
    const rest = subtractBoxes([box], [taker], TAKEN_OUT) ?? [];
    const [only, ...others] = rest.filter((each) => witness(each, was.local) !== undefined);
    if (only === undefined || others.length > 0) partly = true;
    else box = only;
  }
  return { box, partly };
}

/** What is told of one change is looked up to the end. */
const ENOUGH = { comparisons: Number.POSITIVE_INFINITY };

/** The boxes of rules above an entry that take packets of a box; what comes in by an uplink goes without saying. */
function takersAbove(list: RuleList, box: Box, entry: Entry | undefined): Box[] {
  const found: Box[] = [];
  visitMeeting(list, box, 0, entry?.order ?? list.entries.length, ENOUGH, (other) => {
    const common = other.route && intersectBoxes(box, other.box);
    if (common !== undefined && witness(common, list.local) !== undefined) found.push(common);
    return found.length > TAKEN_OUT;
  });
  return found;
}
