import type { Family } from '../net/address.ts';
import type { Series } from '../series.ts';
import { type BoxColumns, boxColumns } from './box-columns.ts';
import type { Rule } from './program.ts';

/** The boxes of a list of rules in one family; a place among them is their order: the first that fits wins. */
export interface Entries {
  readonly family: Family;
  readonly list: Series<Rule>;
  /** Up to the first that takes everything. */
  readonly boxes: BoxColumns;
  /** Of each box, the place of its rule in the list. */
  readonly owners: readonly number[];
  /** The places in the list of all rules that have a box in the family. */
  readonly asked: readonly number[];
}

/** The entries of both families: rules are made whenever they are asked for, so they are asked once. */
export function entriesOf(list: Series<Rule>): Readonly<Record<Family, Entries>> {
  const gather = (family: Family): Gathered => {
    return { family, list, boxes: boxColumns(family), owners: [], asked: [], isOpen: true };
  };
  const of = { 4: gather(4), 6: gather(6) };
  let place = 0;
  for (const rule of list) {
    const { variation } = rule;
    for (const box of variation === undefined ? rule.boxes : [variation]) {
      const its = of['form' in box ? box.form.of.family : box.family];
      if (its.asked[its.asked.length - 1] !== place) its.asked.push(place);
      if (!its.isOpen) continue;
      if ('form' in box) its.boxes.addVaried(box);
      else its.boxes.add(box);
      its.owners.push(place);
      // What asks for nothing takes everything.
      its.isOpen = its.boxes.asksAt(its.boxes.length - 1) !== 0;
    }
    place += 1;
  }
  return of;
}

type Gathered = { -readonly [K in keyof Entries]: Entries[K] } & {
  readonly owners: number[];
  readonly asked: number[];
  isOpen: boolean;
};
