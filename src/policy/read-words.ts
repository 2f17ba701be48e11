import type { List, Word } from '../../grammar/tree.ts';
import { LAYOUT } from '../model/layout.ts';
import {
  type Address,
  type AddressRange,
  type Family,
  LAST_4,
  LAST_6,
  unfitFor,
} from '../net/address.ts';
import { type Fault, isFault, type Scanned } from '../net/fault.ts';
import { complement, type Interval, intervalSet, union } from '../net/interval-set.ts';
import { at, diagnose, type Fix, type Kind, type Report } from '../text/diagnostic.ts';
import { badAddress, emptyList, slotsUsedUp } from './kinds.ts';
import type { Addresses } from './policy.ts';

/** Reports what is wrong with a word, and what to write. */
export function reportFault(kind: Kind, word: Word, fault: Fault, report: Report): void {
  const { write } = fault;
  if (write === undefined) {
    report(diagnose(kind, fault.fault, [at(word.span)]));
    return;
  }
  const title = `write \`${write}\``;
  const certain = fault.certain ?? write.toLowerCase() === word.text.toLowerCase();
  const fix: Fix | undefined = certain
    ? { title, edits: [{ span: word.span, text: write }] }
    : undefined;
  report(diagnose(kind, fault.fault, [at(word.span)], title, fix));
}

/** A word's value, or nothing once its fault is reported. */
export function readWord<T>(
  kind: Kind,
  word: Word,
  scan: (text: string) => Scanned<T>,
  report: Report,
): T | undefined {
  if (word.form === 'ref') {
    report(diagnose(kind, `a set can't stand here: \`@${word.text}\``, [at(word.span)]));
    return undefined;
  }
  const scanned = scan(word.text);
  if (!isFault(scanned)) return scanned.value;
  reportFault(kind, word, scanned, report);
  return undefined;
}

/** Reports an empty list; true if it is one. */
export function reportEmpty(list: List, report: Report): boolean {
  if (list.words.length > 0) return false;
  const help = 'write at least one value, or leave the whole match or clause out';
  report(diagnose(emptyList, 'an empty list', [at(list.span)], help));
  return true;
}

const NONE: readonly never[] = [];

/** The addresses of one range: an object with numbers for names would take more memory, and most rules have just one. */
class OneRange implements Addresses {
  private readonly range: AddressRange;
  constructor(range: AddressRange) {
    this.range = range;
  }
  get 4(): Addresses[4] {
    return this.range.family === 4 ? [[this.range.low, this.range.high]] : NONE;
  }
  get 6(): Addresses[6] {
    return this.range.family === 6 ? [[this.range.low, this.range.high]] : NONE;
  }
}

/** Address ranges of either family as sets. */
export function addressesOf(ranges: readonly AddressRange[]): Addresses {
  const [only] = ranges;
  if (only !== undefined && ranges.length === 1) return new OneRange(only);
  const four: Interval<number>[] = [];
  const six: Interval<bigint>[] = [];
  for (const range of ranges) {
    if (range.family === 4) four.push([range.low, range.high]);
    else six.push([range.low, range.high]);
  }
  return { 4: intervalSet(four), 6: intervalSet(six) };
}

/** What is in any of the sets, family by family. */
export function uniteAddresses(sets: readonly Addresses[]): Addresses {
  return { 4: union(sets.map((set) => set[4])), 6: union(sets.map((set) => set[6])) };
}

/**
 * The complement within the families that the set names; a set that names none has none to leave.
 *
 * @param both whether both families are named beside it
 */
export function complementAddresses(set: Addresses, both: boolean): Addresses {
  const all = both || (set[4].length === 0 && set[6].length === 0);
  return {
    4: all || set[4].length > 0 ? complement(set[4], LAST_4) : [],
    6: all || set[6].length > 0 ? complement(set[6], LAST_6) : [],
  };
}

/** The families in which the set has an address. */
export function familiesOf(set: Addresses): Family[] {
  return ([4, 6] as const).filter((family) => set[family].length > 0);
}

/** Reports one uplink too many; true if it is that. */
export function reportTooMany(uplinks: number, name: Word, report: Report): boolean {
  if (uplinks < LAYOUT.lastSlot) return false;
  const message = `more than ${LAYOUT.lastSlot} uplinks`;
  report(diagnose(slotsUsedUp, message, [at(name.span)], 'no mark has room for more'));
  return true;
}

/** Reports an address that no uplink can have; true if one of them is such. */
export function reportUnfit(word: Word, addresses: readonly Address[], report: Report): boolean {
  const why = addresses.map(unfitFor).find((each) => each !== undefined);
  if (why === undefined) return false;
  const fault = `\`${word.text}\` is ${why}, and no uplink has it`;
  reportFault(badAddress, word, { fault }, report);
  return true;
}
