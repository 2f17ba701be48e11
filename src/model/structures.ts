/*
 * What a list of rules becomes, and why: the cost model of both backends.
 *
 * What a packet pays (a new connection's first; throughput of a router, without any policy 0.61-0.64):
 *
 *                                              1,000 rules   10,000   100,000
 *     hash of exact keys, also concatenated           0.55     0.55      0.55
 *     intervals in one dimension                      0.51     0.49      0.48
 *     intervals in several (pipapo)                   0.52     0.45      0.18
 *     rules one after the other, 30 ns each           0.34     0.07     0.008
 *
 * What a load pays, by 100,000 elements: a hash map 0.43 s and 76 MB, a set 0.32 s and 41 MB, intervals
 * 0.85 s and 129 MB, pipapo 7-9 s, rules 1.5 s and 280 MB. One element more: hash 6 ms, intervals 0.86 s.
 *
 * So exact keys are hashed. Intervals in one dimension are cut until they are disjoint, and looked up in
 * one map. What has intervals in several dimensions goes to pipapo, in pieces of a size that it is good
 * at. A rule is tested by itself where no key can say what it asks for, or where it would be too many keys.
 */

import type { Keyed } from './dimensions.ts';
import type { Box } from './program.ts';

/** The kernel compares keys of at most so many bytes (NFT_DATA_VALUE_MAXLEN). */
export const LONGEST_KEY = 64;

/**
 * nft keeps six bits for the type of each part of a key, in a number of 32: of more parts it forgets the first
 * ones as it lists a map, so that nobody can load again what it listed, nor add to it.
 */
export const MOST_PARTS = 5;

/** What look-ups there are, and from what number on one structure is better than another. */
export interface Limits {
  /** Whether a box may be looked up by these dimensions, if not all may; any other is tested by itself. */
  readonly isKey?: (dimensions: readonly Keyed[], box: Box) => boolean;
  /** A rule is tested by itself, each dimension against a set, if it has more cells than this ... */
  readonly mostCells: number;
  /** ... unless there are no more than so many for each value of its longest dimension. */
  readonly mostCopies: number;
  /** Cells of intervals in several dimensions that one look-up holds: pipapo slows down with them. */
  readonly mostRanges: number;
  /**
   * Intervals in one dimension, single values in the others: from so many cells on, the single values
   * are tested for first, and the intervals have a map in one dimension for each combination ...
   */
  readonly manyGuarded: number;
  /** ... if there are no more combinations than this: each is a test. */
  readonly mostGuards: number;
  /**
   * Among intervals, so many single values are worth a hash map of their own: it loads in half the
   * time, and one value more or less costs next to nothing.
   */
  readonly manyPoints: number;
  /** So many look-ups and tests may stand one after the other: 2 to 4 microseconds. */
  readonly mostInARow: number;
  /** A look-up of so few cells is no better than a test for each, and takes far longer to load. */
  readonly fewCells: number;
  /**
   * A verdict map says for each key where it goes: one look-up for any number of targets. A set for each
   * target is smaller (350 bytes less an element in the kernel, and no target's name in the file), but
   * costs a look-up for each: for so many elements ...
   */
  readonly manyElements: number;
  /** ... of so few targets. */
  readonly fewTargets: number;
}

export const LIMITS: Limits = {
  mostCells: 4096,
  mostCopies: 16,
  mostRanges: 1000,
  manyGuarded: 1000,
  mostGuards: 32,
  manyPoints: 1000,
  mostInARow: 64,
  fewCells: 4,
  manyElements: 1000,
  fewTargets: 4,
};
