import { absentPoint } from '../model/absent-point.ts';
import { boxesTouch } from '../model/boxes-touch.ts';
import { DIMENSIONS, type Dimension } from '../model/dimensions.ts';
import { holds, type Packet } from '../model/packet.ts';
import type { Box } from '../model/program.ts';
import type { IntervalSet, Point } from '../net/interval-set.ts';
import { eachMeeting, type IntervalTree, intervalTree } from './interval-tree.ts';
import type { Entry } from './rule-lists.ts';

/** A box at its place in a list. */
export interface Placed {
  readonly order: number;
  readonly box: Box;
}

/** The entries of a list by what they ask: a packet, or a box, is compared with few of them. */
export interface RuleIndex<E extends Placed = Entry> {
  readonly entries: readonly E[];
  readonly groups: readonly Group<E>[];
}

/** Entries that ask the same dimensions in the same way, in their order. */
interface Group<E extends Placed> {
  readonly entries: readonly E[];
  /** Where each of them names single points: together they are a key. */
  readonly exact: readonly Dimension[];
  /** Where not; that with the most different answers first. */
  readonly ranged: readonly Dimension[];
  /** All of them; that with the most different answers first. */
  readonly varied: readonly Dimension[];
  readonly byKey: ReadonlyMap<string, Bucket<E>>;
  readonly trees: Map<Dimension, IntervalTree>;
}

/** The entries of one key, looked up by the first dimension that is ranged. */
interface Bucket<E extends Placed> {
  readonly entries: E[];
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
export function indexOf<E extends Placed>(entries: readonly E[]): RuleIndex<E> {
  const byShape = new Map<string, { exact: Dimension[]; ranged: Dimension[]; its: E[] }>();
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

function groupOf<E extends Placed>(
  entries: readonly E[],
  exact: Dimension[],
  ranged: Dimension[],
): Group<E> {
  const variety = (dimension: Dimension): number =>
    new Set(entries.map(({ box }) => setOf(box, dimension)[0]?.[0])).size;
  const sorted = (dimensions: readonly Dimension[]): Dimension[] =>
    dimensions
      .map((dimension) => ({ dimension, many: variety(dimension) }))
      .sort((a, b) => b.many - a.many)
      .map(({ dimension }) => dimension);
  const keyed = sorted(exact);
  const byKey = new Map<string, Bucket<E>>();
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

function treeOf(entries: readonly Placed[], dimension: Dimension): IntervalTree {
  return intervalTree(
    entries.flatMap(({ box }, order) =>
      setOf(box, dimension).map(([low, high]) => ({ low, high, order })),
    ),
  );
}

/** The first entry that takes a packet, of those behind a place and not passed over. */
export function firstMatch<E extends Placed>(
  { groups }: RuleIndex<E>,
  packet: Packet,
  after = -1,
  passed: (entry: E) => boolean = () => false,
): E | undefined {
  const fits = (entry: E): boolean =>
    entry.order > after && holds(entry.box, packet) && !passed(entry);
  let best: E | undefined;
  for (const group of groups) {
    const [first] = group.entries as readonly E[] as readonly [E];
    if (best !== undefined && first.order > best.order) continue;
    const found = firstOf(group, packet, fits);
    if (found !== undefined && (best === undefined || found.order < best.order)) best = found;
  }
  return best;
}

function firstOf<E extends Placed>(
  { exact, ranged, byKey }: Group<E>,
  packet: Packet,
  fits: (entry: E) => boolean,
): E | undefined {
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
  let best: E | undefined;
  eachMeeting(bucket.tree, point, point, (order) => {
    const entry = entries[order] as E;
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
export function visitMeeting<E extends Placed>(
  { groups }: RuleIndex<E>,
  box: Box,
  from: number,
  to: number,
  visit: (entry: E) => boolean,
): void {
  for (const group of groups) {
    const enough = (entry: E): boolean =>
      entry.order >= from && entry.order < to && boxesTouch(entry.box, box) && visit(entry);
    if (visitGroup(group, box, enough)) return;
  }
}

function visitGroup<E extends Placed>(
  group: Group<E>,
  box: Box,
  visit: (entry: E) => boolean,
): boolean {
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
      enough = visit(entries[order] as E);
      // Nothing stands before the first place.
      return enough ? -1 : undefined;
    });
    if (enough) return true;
  }
  return false;
}
