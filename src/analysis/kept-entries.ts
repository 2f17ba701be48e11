import { boxKey } from './box-key.ts';
import type { Entry } from './rule-lists.ts';

/** What two lists have in common; places are those of entries, -1 is none. */
export interface Kept {
  /** For each entry of the one list, the same one in the other; all of them in one order. */
  readonly after: readonly number[];
  readonly before: readonly number[];
  /** For each entry of the one list, the first of the other that has its box, wherever that leads. */
  readonly twinAfter: readonly number[];
  readonly twinBefore: readonly number[];
}

/**
 * The entries that two lists share: a longest run of equal ones (box and destiny) in the order of both. A
 * packet of which something else becomes was, or is, taken by an entry that is not among them.
 */
export function keptEntries(one: readonly Entry[], other: readonly Entry[]): Kept {
  const [boxes, boxesOther] = [one, other].map((entries) => entries.map(({ box }) => boxKey(box)));
  const keysOf = (entries: readonly Entry[], keys: readonly string[] = []): string[] =>
    entries.map(({ destiny }, index) => `${destiny.key}|${keys[index]}`);
  const places = new Map<string, number[]>();
  keysOf(other, boxesOther).forEach((key, index) => {
    const its = places.get(key);
    if (its === undefined) places.set(key, [index]);
    else its.push(index);
  });
  // Of several equal ones each is met once.
  for (const its of places.values()) its.reverse();
  const met = keysOf(one, boxes).map((key) => places.get(key)?.pop() ?? -1);
  const after = new Array<number>(one.length).fill(-1);
  const before = new Array<number>(other.length).fill(-1);
  for (const place of longestRise(met)) {
    const its = met[place] as number;
    after[place] = its;
    before[its] = place;
  }
  const twins = (keys: readonly string[] = [], others: readonly string[] = []): number[] => {
    const first = new Map<string, number>();
    others.forEach((key, index) => {
      if (!first.has(key)) first.set(key, index);
    });
    return keys.map((key) => first.get(key) ?? -1);
  };
  return {
    after,
    before,
    twinAfter: twins(boxes, boxesOther),
    twinBefore: twins(boxesOther, boxes),
  };
}

/** The places of a longest subsequence that rises, by patience; -1 is passed over. */
function longestRise(values: readonly number[]): number[] {
  /** The place of the lowest value that ends a run of each length. */
  const ends: number[] = [];
  const previous = new Array<number>(values.length).fill(-1);
  values.forEach((value, place) => {
    if (value < 0) return;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[ends[middle] as number] as number) < value) low = middle + 1;
      else high = middle;
    }
    previous[place] = ends[low - 1] ?? -1;
    ends[low] = place;
  });
  const out: number[] = [];
  for (let place = ends.at(-1) ?? -1; place >= 0; place = previous[place] as number) {
    out.push(place);
  }
  return out.reverse();
}
