import { absentPoint } from '../model/absent-point.ts';
import { boxesTouch } from '../model/boxes-touch.ts';
import { DIMENSIONS, type Dimension } from '../model/dimensions.ts';
import { holds, type Packet } from '../model/packet.ts';
import type { Box } from '../model/program.ts';
import type { IntervalSet, Point } from '../net/interval-set.ts';
import { eachMeeting, type IntervalTree, intervalTree } from './interval-tree.ts';
import type { Entry } from './rule-lists.ts';

/** The entries of a list by what they ask: a packet, or a box, is compared with few of them. */
export interface RuleIndex {
  readonly entries: readonly Entry[];
  readonly groups: readonly Group[];
}

/** Entries that ask the same dimensions in the same way, in their order. */
interface Group {
  readonly entries: readonly Entry[];
  /** Where each of them names single points: together they are a key. */
  readonly exact: readonly Dimension[];
  /** Where not; that with the most different answers first. */
  readonly ranged: readonly Dimension[];
  /** All of them; that with the most different answers first. */
  readonly varied: readonly Dimension[];
  readonly byKey: ReadonlyMap<string, Bucket>;
  readonly trees: Map<Dimension, IntervalTree>;
}

/** The entries of one key, looked up by the first dimension that is ranged. */
interface Bucket {
  readonly entries: Entry[];
  tree?: IntervalTree;
}

/** So few are looked at one by one. */
const SMALL = 8;
/** An entry has no more keys than this. */
const MOST_KEYS = 64;
/** A set of more intervals than this is compared with all entries of a group. */
const MOST_INTERVALS = 256;

const setOf = (box: Box, dimension: Dimension): IntervalSet<Point> =>
  (box[dimension] as IntervalSet<Point> | undefined) ?? [];
const pointOf = (packet: Packet, dimension: Dimension): Point | undefined =>
  packet[dimension] ?? absentPoint(dimension, packet.family);

/** Makes the index of a list. */
export function indexOf(entries: readonly Entry[]): RuleIndex {
  const byShape = new Map<string, { exact: Dimension[]; ranged: Dimension[]; its: Entry[] }>();
  for (const entry of entries) {
    const shape = shapeOf(entry.box);
    const name = `${shape.exact.join()} ${shape.ranged.join()}`;
    const known = byShape.get(name);
    if (known === undefined) byShape.set(name, { ...shape, its: [entry] });
    else known.its.push(entry);
  }
  const groups = [...byShape.values()].map(({ exact, ranged, its }) => groupOf(its, exact, ranged));
  return { entries, groups };
}

function shapeOf(box: Box): { exact: Dimension[]; ranged: Dimension[] } {
  const exact: Dimension[] = [];
  const ranged: Dimension[] = [];
  let keys = 1;
  for (const dimension of DIMENSIONS) {
    const set = setOf(box, dimension);
    if (set.length === 0) continue;
    const single = keys * set.length <= MOST_KEYS && set.every(([low, high]) => low === high);
    if (single) keys *= set.length;
    (single ? exact : ranged).push(dimension);
  }
  return { exact, ranged };
}

function groupOf(entries: readonly Entry[], exact: Dimension[], ranged: Dimension[]): Group {
  const variety = (dimension: Dimension): number =>
    new Set(entries.map(({ box }) => setOf(box, dimension)[0]?.[0])).size;
  const sorted = (dimensions: readonly Dimension[]): Dimension[] =>
    dimensions
      .map((dimension) => ({ dimension, many: variety(dimension) }))
      .sort((a, b) => b.many - a.many)
      .map(({ dimension }) => dimension);
  const keyed = sorted(exact);
  const byKey = new Map<string, Bucket>();
  for (const entry of entries) {
    for (const key of keysOf(entry.box, keyed)) {
      const bucket = byKey.get(key);
      if (bucket === undefined) byKey.set(key, { entries: [entry] });
      else bucket.entries.push(entry);
    }
  }
  const varied = sorted([...exact, ...ranged]);
  return { entries, exact: keyed, ranged: sorted(ranged), varied, byKey, trees: new Map() };
}

function keysOf(box: Box, dimensions: readonly Dimension[]): string[] {
  return dimensions.reduce<string[]>(
    (keys, dimension) =>
      keys.flatMap((key) => setOf(box, dimension).map(([point]) => `${key},${point}`)),
    [''],
  );
}

function treeOf(entries: readonly Entry[], dimension: Dimension): IntervalTree {
  return intervalTree(
    entries.flatMap(({ box }, order) =>
      setOf(box, dimension).map(([low, high]) => ({ low, high, order })),
    ),
  );
}

/** The first entry that takes a packet, of those behind a place and not passed over. */
export function firstMatch(
  { groups }: RuleIndex,
  packet: Packet,
  after = -1,
  passed: (entry: Entry) => boolean = () => false,
): Entry | undefined {
  const fits = (entry: Entry): boolean =>
    entry.order > after && holds(entry.box, packet) && !passed(entry);
  let best: Entry | undefined;
  for (const group of groups) {
    const [first] = group.entries as [Entry];
    if (best !== undefined && first.order > best.order) continue;
    const found = firstOf(group, packet, fits);
    if (found !== undefined && (best === undefined || found.order < best.order)) best = found;
  }
  return best;
}

function firstOf(
  { exact, ranged, byKey }: Group,
  packet: Packet,
  fits: (entry: Entry) => boolean,
): Entry | undefined {
  let key = '';
  for (const dimension of exact) key += `,${pointOf(packet, dimension)}`;
  const bucket = byKey.get(key);
  if (bucket === undefined) return undefined;
  const { entries } = bucket;
  const [dimension] = ranged;
  if (dimension === undefined || entries.length <= SMALL) return entries.find(fits);
  const point = pointOf(packet, dimension);
  if (point === undefined) return undefined;
  bucket.tree ??= treeOf(entries, dimension);
  let best: Entry | undefined;
  eachMeeting(bucket.tree, point, point, (order) => {
    const entry = entries[order] as Entry;
    if (!fits(entry)) return undefined;
    best = entry;
    return order;
  });
  return best;
}

/**
 * Visits the entries with a place from `from` on and below `to` that may meet a box, in no order, some of
 * them more than once, until a visit says that it is enough.
 */
export function visitMeeting(
  { groups }: RuleIndex,
  box: Box,
  from: number,
  to: number,
  visit: (entry: Entry) => boolean,
): void {
  for (const group of groups) {
    const enough = (entry: Entry): boolean =>
      entry.order >= from && entry.order < to && boxesTouch(entry.box, box) && visit(entry);
    if (visitGroup(group, box, enough)) return;
  }
}

function visitGroup(group: Group, box: Box, visit: (entry: Entry) => boolean): boolean {
  const { entries, varied, trees } = group;
  const shared = varied.find((each) => box[each] !== undefined);
  const set = shared === undefined ? [] : setOf(box, shared);
  if (shared === undefined || set.length > MOST_INTERVALS || entries.length <= SMALL) {
    return entries.some(visit);
  }
  const tree = trees.get(shared) ?? treeOf(entries, shared);
  trees.set(shared, tree);
  let enough = false;
  for (const [low, high] of set) {
    eachMeeting(tree, low, high, (order) => {
      enough = visit(entries[order] as Entry);
      // Nothing stands before the first place.
      return enough ? -1 : undefined;
    });
    if (enough) return true;
  }
  return false;
}
