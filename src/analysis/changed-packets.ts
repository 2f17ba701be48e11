import { bug } from '../bug.ts';
import { intersectBoxes } from '../model/intersect-boxes.ts';
import type { Packet } from '../model/packet.ts';
import type { Box } from '../model/program.ts';
import { subtractBoxes } from '../model/subtract-boxes.ts';
import { witness } from '../model/witness.ts';
import { type Budget, isSpent, TRIES } from './budget.ts';
import { keptEntries } from './kept-entries.ts';
import { probe } from './probe.ts';
import { firstMatch, visitMeeting } from './rule-index.ts';
import type { Entry, RuleList } from './rule-lists.ts';

/**
 * Packets that one entry took and another one takes: those of the box that no earlier entry takes, on
 * either side. Where an entry is absent none takes them.
 */
export interface Pair {
  readonly before?: Entry;
  readonly after?: Entry;
  readonly box: Box;
  /** One of them. */
  readonly packet: Packet;
  /** They come in by a device that is an uplink's on this side alone. */
  readonly arrival?: 'before' | 'after';
  /** Of what that uplink brings more fares the same, by other rules. */
  readonly more?: boolean;
}

/** What differs in two lists of one family. */
export interface Changed {
  readonly pairs: readonly Pair[];
  /** Entries of either side of whose packets not all could be tried. */
  readonly undecided: readonly Entry[];
}

type Others = readonly (Entry | undefined)[];
type LookWith = (other: Entry | undefined) => Pair | undefined;

/** Enough for thousands of changed lines, in all lists together; some seconds if all of it is needed. */
export function patience(): Budget {
  return { tries: 100_000, comparisons: 10_000_000 };
}

/**
 * The packets of which something else becomes, by the entries that decide about them. Each lies in exactly one
 * pair, but for those of which a pair says that there are more. Only entries that the lists do not have in common are
 * looked at, for one of them decides.
 */
export function changedPackets(was: RuleList, now: RuleList, left: Budget): Changed {
  const kept = keptEntries(was.entries, now.entries);
  const pairs: Pair[] = [];
  const undecided = new Set<Entry>();
  const isArrival = (entry: Entry | undefined, partners: readonly number[]): boolean =>
    !was.local &&
    entry !== undefined &&
    entry.route === undefined &&
    entry.spared === undefined &&
    partners[entry.order] === -1;
  const keyOf = (entry: Entry | undefined, list: RuleList): string =>
    (entry?.destiny ?? list.rest).key;

  /** The pair, if it has packets of which another thing becomes; their own entries decide about them on both sides. */
  const look = (
    before: Entry | undefined,
    after: Entry | undefined,
    of: Entry,
  ): Pair | undefined => {
    // An address that becomes the router's own, or is it no more, is told with its uplink.
    if (before?.spared !== undefined || after?.spared !== undefined) return undefined;
    if (keyOf(before, was) === keyOf(after, now)) return undefined;
    const found = packetOf(was, now, before, after, left);
    if (found === 'undecided') undecided.add(of);
    if (typeof found === 'string') return undefined;
    const ends = {
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    };
    return { ...ends, ...found };
  };

  const lookAtEach = (others: Others, lookWith: LookWith): void => {
    for (const other of others) {
      const pair = lookWith(other);
      if (pair !== undefined) pairs.push(pair);
    }
  };

  /**
   * What an uplink brings may be a matter for each rule of the side that takes it for a LAN's: of those that lead to
   * the same place the first line is told, and whether there are others.
   */
  const lookAtArrival = (arrival: 'before' | 'after', others: Others, lookWith: LookWith): void => {
    const list = arrival === 'before' ? now : was;
    const told = new Map<string, { route: Entry['route']; pairs: Pair[]; more: boolean }>();
    for (const other of others) {
      const key = keyOf(other, list);
      const its = told.get(key);
      const isSame = its === undefined || its.route === other?.route;
      if (its?.more === true && !isSame) continue;
      const pair = lookWith(other);
      if (pair === undefined) continue;
      if (its === undefined) told.set(key, { route: other?.route, pairs: [pair], more: false });
      else if (isSame) its.pairs.push(pair);
      else its.more = true;
    }
    for (const { pairs: its, more } of told.values()) {
      for (const pair of its) pairs.push({ ...pair, arrival, more });
    }
  };

  for (const before of was.entries) {
    if (kept.after[before.order] !== -1) continue;
    const twin = kept.twinAfter[before.order] ?? -1;
    const meeting = meetingWith(now, before, twin, left, (after) => {
      const partner = kept.before[after.order] ?? -1;
      const earlier = partner >= 0 && partner < before.order;
      return !earlier && (isArrival(before, kept.after) || !isArrival(after, kept.before));
    });
    if (meeting === undefined) undecided.add(before);
    const lookWith: LookWith = (after) => look(before, after, before);
    if (isArrival(before, kept.after)) lookAtArrival('before', meeting ?? [], lookWith);
    else lookAtEach(meeting ?? [], lookWith);
  }
  for (const after of now.entries) {
    if (kept.before[after.order] !== -1) continue;
    const twin = kept.twinBefore[after.order] ?? -1;
    const arrival = isArrival(after, kept.before);
    const meeting = meetingWith(was, after, twin, left, (before) => {
      const partner = kept.after[before.order] ?? -1;
      // The others were looked at from their side.
      const seen = partner < 0 && (!arrival || isArrival(before, kept.after));
      return !seen && !(partner >= 0 && partner < after.order);
    });
    if (meeting === undefined) undecided.add(after);
    const lookWith: LookWith = (before) => look(before, after, after);
    if (arrival) lookAtArrival('after', meeting ?? [], lookWith);
    else lookAtEach(meeting ?? [], lookWith);
  }
  return { pairs, undecided: [...undecided] };
}

/**
 * The entries of the other list that may take packets of an entry, in order, and at last nothing where there
 * is none with its box: behind that no other gets any. All of it is void where they are too many.
 */
function meetingWith(
  list: RuleList,
  { box }: Entry,
  twin: number,
  left: Budget,
  wanted: (other: Entry) => boolean,
): (Entry | undefined)[] | undefined {
  const found = new Set<Entry>();
  const end = twin < 0 ? list.entries.length : twin + 1;
  visitMeeting(list, box, 0, end, left, (other) => {
    if (wanted(other)) found.add(other);
    return false;
  });
  if (left.comparisons < 0) return undefined;
  const sorted = [...found].sort((a, b) => a.order - b.order);
  return twin < 0 ? [...sorted, undefined] : sorted;
}

/** A packet about which these two entries decide; what takes one that was tried is taken out. */
function packetOf(
  was: RuleList,
  now: RuleList,
  before: Entry | undefined,
  after: Entry | undefined,
  left: Budget,
): { readonly box: Box; readonly packet: Packet } | 'none' | 'undecided' {
  const box =
    before !== undefined && after !== undefined
      ? intersectBoxes(before.box, after.box)
      : (before ?? after ?? bug('a pair of nothing')).box;
  if (box === undefined) return 'none';
  const pieces: Box[] = [box];
  for (let tries = 0; ; tries += 1) {
    const piece = pieces.pop();
    if (piece === undefined) return 'none';
    left.tries -= 1;
    if (tries >= TRIES || isSpent(left)) return 'undecided';
    const packet = tries === 0 ? witness(piece, was.local) : probe(piece, was.local);
    if (packet === undefined) continue;
    const taker = firstMatch(was, packet, left);
    const takerNow = firstMatch(now, packet, left);
    if (taker === before && takerNow === after) {
      // One that is more like those that people have, where it fares the same.
      const likely = tries === 0 ? packet : witness(piece, was.local);
      const same =
        likely !== undefined &&
        firstMatch(was, likely, left) === before &&
        firstMatch(now, likely, left) === after;
      return { box, packet: same ? likely : packet };
    }
    const blocker = taker === before ? takerNow : taker;
    const rest = subtractBoxes([piece], [(blocker ?? bug('a box without its packets')).box], TRIES);
    if (rest === undefined) return 'undecided';
    pieces.push(...rest);
  }
}
