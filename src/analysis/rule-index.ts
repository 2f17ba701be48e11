import { absentPoint } from '../model/absent-point.ts';
import { boxesTouch } from '../model/boxes-touch.ts';
import { DIMENSIONS, type Dimension } from '../model/dimensions.ts';
import { holds, type Packet } from '../model/packet.ts';
import type { Box } from '../model/program.ts';
import { hashKey } from '../net/hash-key.ts';
import type { IntervalSet, Point } from '../net/interval-set.ts';
import { type BoxTree, boxTree, eachHolding, eachMeeting } from './box-tree.ts';
import type { Budget } from './budget.ts';
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

/** What is counted down with each entry that is compared. */
type Comparing = Pick<Budget, 'comparisons'>;

/** In what way a box asks. */
interface Shape {
  /** Where it names single points: together they are a key. */
  readonly exact: readonly Dimension[];
  /** Where it does not. */
  readonly ranged: readonly Dimension[];
  /** The bits of the mark whose values it names, as a part of the key. */
  readonly mask?: number;
}

/** Entries that ask the same dimensions in the same way, in their order. */
interface Group<E extends Placed> {
  readonly entries: readonly E[];
  /** That with the most different answers among `ranged` first. */
  readonly shape: Shape;
  /** All dimensions; that with the most different answers first. */
  readonly varied: readonly Dimension[];
  /** Whether what a key finds is far less than what any single dimension does. */
  readonly keyed: boolean;
  /** Made when it is first needed, as trees are. */
  byKey?: ReadonlyMap<string, Bucket<E>>;
  readonly trees: Map<Dimension, BoxTree>;
}

/** The entries of one key, looked up by the dimensions that are ranged. */
interface Bucket<E extends Placed> {
  readonly entries: E[];
  tree?: BoxTree;
}

/** What a look at a node costs, against a comparison. */
const LOOK = 1 / 64;
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
  const byShape = new Map<string, { shape: Shape; its: E[] }>();
  for (const entry of entries) {
    const shape = shapeOf(entry.box);
    const name = `${shape.exact.join()} ${shape.ranged.join()} ${shape.mask}`;
    const known = byShape.get(name);
    if (known === undefined) byShape.set(name, { shape, its: [entry] });
    else known.its.push(entry);
  }
  const groups = [...byShape.values()].map(({ shape, its }) => groupOf(its, shape));
  return { entries, groups };
}

function shapeOf(box: Box): Shape {
  const exact: Dimension[] = [];
  const ranged: Dimension[] = [];
  let keys = 1;
  for (const dimension of DIMENSIONS) {
    const set = setOf(box, dimension);
    if (set.length === 0) continue;
    const single = keys * set.length <= MOST_KEYS && arePoints(set);
    if (single) keys *= set.length;
    (single ? exact : ranged).push(dimension);
  }
  const [cube, ...others] = box.mark ?? [];
  return { exact, ranged, ...(cube === undefined || others.length > 0 ? {} : { mask: cube.mask }) };
}

function groupOf<E extends Placed>(entries: readonly E[], shape: Shape): Group<E> {
  const variety = (dimension: Dimension): number =>
    new Set(entries.map(({ box }) => hashKey(setOf(box, dimension)[0]?.[0] ?? 0))).size;
  const sorted = [...shape.exact, ...shape.ranged]
    .map((dimension) => ({ dimension, many: variety(dimension) }))
    .sort((a, b) => b.many - a.many);
  const varied = sorted.map(({ dimension }) => dimension);
  const exact = shape.exact.length > 1 || shape.mask !== undefined;
  const keyed = exact && (sorted[0]?.many ?? 0) * SMALL < entries.length;
  const ranged = varied.filter((dimension) => shape.ranged.includes(dimension));
  return { entries, shape: { ...shape, ranged }, varied, keyed, trees: new Map() };
}

function bucketsOf<E extends Placed>(group: Group<E>): ReadonlyMap<string, Bucket<E>> {
  if (group.byKey !== undefined) return group.byKey;
  const out = new Map<string, Bucket<E>>();
  for (const entry of group.entries) {
    for (const key of keysOf(entry.box, group.shape)) {
      const bucket = out.get(key);
      if (bucket === undefined) out.set(key, { entries: [entry] });
      else bucket.entries.push(entry);
    }
  }
  group.byKey = out;
  return out;
}

/** The keys of a box whose own shape has these dimensions and this mask. */
function keysOf(box: Box, { exact, mask }: Shape): string[] {
  const mark = mask === undefined ? '' : `${box.mark?.[0]?.value}`;
  return exact.reduce<string[]>(
    (keys, dimension) =>
      keys.flatMap((key) => setOf(box, dimension).map(([point]) => `${key},${hashKey(point)}`)),
    [mark],
  );
}

function keyOf(packet: Packet, { exact, mask }: Shape): string {
  let key = mask === undefined ? '' : `${(packet.mark & mask) >>> 0}`;
  for (const dimension of exact) key += `,${hashKey(pointOf(packet, dimension) ?? -1)}`;
  return key;
}

/** The first entry that takes a packet, of those behind a place and not passed over. */
export function firstMatch<E extends Placed>(
  { groups }: RuleIndex<E>,
  packet: Packet,
  left: Comparing,
  after = -1,
  passed: (entry: E) => boolean = () => false,
): E | undefined {
  const fits = (entry: E): boolean => {
    left.comparisons -= 1;
    return entry.order > after && holds(entry.box, packet) && !passed(entry);
  };
  let best: E | undefined;
  for (const group of groups) {
    const [first] = group.entries as readonly E[] as readonly [E];
    if (best !== undefined && first.order > best.order) continue;
    const found = firstOf(group, packet, left, fits);
    if (found !== undefined && (best === undefined || found.order < best.order)) best = found;
  }
  return best;
}

function firstOf<E extends Placed>(
  group: Group<E>,
  packet: Packet,
  left: Comparing,
  fits: (entry: E) => boolean,
): E | undefined {
  const bucket = bucketsOf(group).get(keyOf(packet, group.shape));
  if (bucket === undefined) return undefined;
  const { entries } = bucket;
  const [first, ...others] = group.shape.ranged;
  if (first === undefined || entries.length <= SMALL) return entries.find(fits);
  bucket.tree ??= boxTree(entries, [first, ...others]);
  let best: E | undefined;
  const looks = eachHolding(bucket.tree, packet, (place) => {
    const entry = entries[place] as E;
    if (!fits(entry)) return undefined;
    best = entry;
    return place;
  });
  left.comparisons -= looks * LOOK;
  return best;
}

/**
 * Visits the entries with a place from `from` on and below `to` that may meet a box, in no order, some of
 * them more than once, until a visit says that it is enough, or no more may be compared.
 */
export function visitMeeting<E extends Placed>(
  { groups }: RuleIndex<E>,
  box: Box,
  from: number,
  to: number,
  left: Comparing,
  visit: (entry: E) => boolean,
): void {
  for (const group of groups) {
    const shared = group.varied.filter((dimension) => box[dimension] !== undefined);
    const enough = (entry: E): boolean => {
      left.comparisons -= 1;
      if (left.comparisons < 0) return true;
      const { order } = entry;
      return order >= from && order < to && boxesTouch(entry.box, box, shared) && visit(entry);
    };
    if (visitGroup(group, box, shared[0], left, enough)) return;
  }
}

/** @param shared the dimension that both ask and that parts the entries best, if there is one */
function visitGroup<E extends Placed>(
  group: Group<E>,
  box: Box,
  shared: Dimension | undefined,
  left: Comparing,
  visit: (entry: E) => boolean,
): boolean {
  const { entries, trees } = group;
  if (entries.length <= SMALL) return entries.some(visit);
  const alike = group.keyed ? entriesAlike(group, box) : undefined;
  if (alike !== undefined) return alike.some(visit);
  const set = shared === undefined ? [] : setOf(box, shared);
  if (shared === undefined || set.length > MOST_INTERVALS) return entries.some(visit);
  const others = group.varied.filter((dimension) => dimension !== shared);
  const tree = trees.get(shared) ?? boxTree(entries, [shared, ...others]);
  trees.set(shared, tree);
  let enough = false;
  const looks = eachMeeting(tree, box, (place) => {
    enough = visit(entries[place] as E);
    return enough;
  });
  left.comparisons -= looks * LOOK;
  return enough;
}

/** The entries that have a key of a box, if it has keys like theirs and they are few. */
function entriesAlike<E extends Placed>(group: Group<E>, box: Box): readonly E[] | undefined {
  const { exact, mask } = group.shape;
  if (mask !== undefined && (box.mark?.length !== 1 || box.mark[0]?.mask !== mask))
    return undefined;
  let keys = 1;
  for (const dimension of exact) {
    const set = setOf(box, dimension);
    if (set.length === 0 || !arePoints(set)) return undefined;
    keys *= set.length;
  }
  if (keys > MOST_KEYS) return undefined;
  const buckets = bucketsOf(group);
  const out: E[] = [];
  for (const key of keysOf(box, group.shape)) {
    const its = buckets.get(key)?.entries ?? [];
    if (its.length > SMALL) return undefined;
    out.push(...its);
  }
  return out;
}

const arePoints = (set: IntervalSet<Point>): boolean => set.every(([low, high]) => low === high);
