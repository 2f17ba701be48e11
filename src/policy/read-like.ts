import type { Match, RouteStatement, Word } from '../../grammar/tree.ts';
import { bug } from '../bug.ts';
import type { Dimension } from '../model/dimensions.ts';
import type { Box } from '../model/program.ts';
import { asksAlike, type Form, type Variation } from '../model/variation.ts';
import type { AddressRange } from '../net/address.ts';
import { isFault } from '../net/fault.ts';
import { type Interval, intervalSet, type Point } from '../net/interval-set.ts';
import { scanPorts } from '../net/port.ts';
import { scanAddressRange } from '../net/prefix.ts';
import type { Span } from '../text/source.ts';
import type { Conditions, RoutePolicy, TierPolicy } from './policy.ts';
import { addressesOf, complementAddresses, familiesOf } from './read-words.ts';
import { ruleId } from './rule-id.ts';
import { walkTree } from './walk-tree.ts';

/** How rules are read that differ from a first one in nothing but values. */
export interface LikeReader {
  /**
   * Takes in a statement of the same shape.
   *
   * @returns where its values are kept; void if it is no such rule, or something is to be said about it
   */
  readonly take: (statement: RouteStatement) => number | undefined;
  readonly read: (statement: RouteStatement, valuesAt: number) => RoutePolicy;
  /** The only box of such a rule, from that of the first; void where it is no matter of one value for another. */
  readonly variation: (of: Box, valuesAt: number) => Variation | undefined;
}

/** A match that lists values, in the places of its words. */
interface Values {
  readonly words: readonly Word[];
  /** What they are in a box. */
  readonly dimension: Dimension;
  /** The ends of a value; void if it is none that fits there. */
  readonly scan: (text: string) => Interval<Point> | undefined;
  /** Puts the values into the conditions; false if then they can't hold. */
  readonly put: (conditions: Draft, values: readonly Interval<Point>[]) => boolean;
  /** Whether `put` never says false. */
  readonly isSure: boolean;
}
type Draft = { -readonly [K in keyof Conditions]: Conditions[K] };

/**
 * How the rules of a shape are read once the first of them was, without a word about it: where they
 * differ in the addresses, prefixes, ranges or ports that a match lists. Of each only the ends of its values are kept.
 */
export function likeReader(first: RoutePolicy): LikeReader | undefined {
  // What it says of places is said of the first alone.
  if (first.conditions.atoms.length > 0) return undefined;
  const lists = first.statement.matches.flatMap((match) => valuesOf(first, match));
  const listOf = new Map(lists.flatMap((list) => list.words.map((word) => [word, list] as const)));
  const words = [...walkTree(first.statement.matches)]
    .filter((node): node is Word => 'form' in node && /^[0-9]/.test(node.text))
    .sort((a, b) => a.span.start - b.span.start);
  const places = words.map((word) => ({ word, list: listOf.get(word) }));
  /** Rule by rule, the ends of its values in the order of their words. */
  const ends: Point[] = [];
  const conditionsOf = (valuesAt: number): Conditions | undefined => {
    const conditions: Draft = { ...first.conditions };
    let at = valuesAt;
    for (const { words, put } of lists) {
      const values: Interval<Point>[] = [];
      for (let index = 0; index < words.length; index += 1) {
        values.push([ends[at] as Point, ends[at + 1] as Point]);
        at += 2;
      }
      if (!put(conditions, values)) return undefined;
    }
    return conditions;
  };

  /** Of a rule that nobody asks for more than its target, nothing more is made. */
  class Like implements RoutePolicy {
    readonly statement: RouteStatement;
    readonly like = first;
    private readonly valuesAt: number;
    private made: Conditions | undefined;
    constructor(statement: RouteStatement, valuesAt: number) {
      this.statement = statement;
      this.valuesAt = valuesAt;
    }
    get id(): string {
      return ruleId(this.statement.text);
    }
    get conditions(): Conditions {
      this.made ??= conditionsOf(this.valuesAt) ?? bug('a rule is like no other any more');
      return this.made;
    }
    /** The same text; only the place of that is another. */
    get tiers(): readonly TierPolicy[] {
      const by = this.statement.span.end - first.statement.span.end;
      return first.tiers.map((tier) => moved(tier, by));
    }
  }

  const isSure = lists.every((list) => list.isSure);
  const takeValues = (texts: readonly string[]): boolean => {
    for (let index = 0; index < places.length; index += 1) {
      const { word, list } = places[index] as (typeof places)[number];
      const text = texts[index];
      if (text === undefined) return false;
      if (list === undefined) {
        // Any other word has to be the same.
        if (text !== word.text) return false;
        continue;
      }
      const value = list.scan(text);
      // Of one that stands there twice something is said.
      if (value === undefined || stoodBefore(places, texts, index)) return false;
      ends.push(value[0], value[1]);
    }
    return true;
  };
  // None of them twice: a match that is there twice is an error (RC204).
  const dimensions = lists.map(({ dimension }) => dimension);
  const isSingle = isSure && lists.every(({ words }) => words.length === 1);
  let form: Form | undefined;
  const variation = (of: Box, at: number): Variation | undefined => {
    if (!isSingle) return undefined;
    if (form?.of !== of) form = { of, dimensions };
    const its = { form, ends, at };
    return asksAlike(its) ? its : undefined;
  };
  return {
    variation,
    take: ({ literals = [] }) => {
      const valuesAt = ends.length;
      const isLike = takeValues(literals) && (isSure || conditionsOf(valuesAt) !== undefined);
      return isLike ? valuesAt : undefined;
    },
    read: (statement, valuesAt) => new Like(statement, valuesAt),
  };
}

/** Whether the text at a place stands in the same list before it. */
function stoodBefore(
  places: readonly { readonly list: Values | undefined }[],
  texts: readonly string[],
  place: number,
): boolean {
  const list = places[place]?.list;
  for (let at = place - 1; at >= 0 && places[at]?.list === list; at -= 1) {
    if (texts[at] === texts[place]) return true;
  }
  return false;
}

/** Longer lists are read as any other. */
const LONGEST = 64;

/** The values of a match, where it lists nothing else. */
function valuesOf({ conditions }: RoutePolicy, match: Match): Values[] {
  const words = 'list' in match ? (match.list?.words ?? []) : [];
  const negated = match.outerNot !== undefined || match.innerNot !== undefined;
  if (words.length > LONGEST || !words.every(({ text }) => /^[0-9]/.test(text))) return [];
  switch (match.kind) {
    case 'host':
      return addresses('from', words, conditions, { single: true, negated });
    case 'from':
      return addresses('from', words, conditions, { single: false, negated });
    case 'to':
      return addresses('to', words, conditions, { single: false, negated });
    case 'transport':
      return negated || words.length === 0 ? [] : [ports('ports', words)];
    case 'sport':
      return negated ? [] : [ports('sourcePorts', words)];
    default:
      return [];
  }
}

function addresses(
  field: 'from' | 'to',
  words: readonly Word[],
  first: Conditions,
  { single, negated }: { readonly single: boolean; readonly negated: boolean },
): Values[] {
  const [its, other] = familiesOf(first[field] ?? addressesOf([]));
  if (its === undefined || other !== undefined) return [];
  const scan = (text: string): Interval<Point> | undefined => {
    const range = scanAddressRange(text);
    if (isFault(range)) return undefined;
    const { family, low, high } = range.value;
    return its !== family || (single && low !== high) ? undefined : [low, high];
  };
  const put: Values['put'] = (conditions, values) => {
    const ranges = values.map(([low, high]) => ({ family: its, low, high }) as AddressRange);
    const listed = addressesOf(ranges);
    const set = negated ? complementAddresses(listed, false) : listed;
    conditions[field] = set;
    return !negated || familiesOf(set).length > 0;
  };
  const dimension = field === 'from' ? 'source' : 'destination';
  return [{ words, dimension, scan, put, isSure: !negated }];
}

function ports(field: 'ports' | 'sourcePorts', words: readonly Word[]): Values {
  const scan = (text: string): Interval<Point> | undefined => {
    const scanned = scanPorts(text);
    return isFault(scanned) ? undefined : scanned.value;
  };
  const put: Values['put'] = (conditions, values) => {
    const all = values as readonly Interval<number>[];
    conditions[field] = all.length === 1 ? all : intervalSet(all);
    return true;
  };
  const dimension = field === 'ports' ? 'port' : 'sourcePort';
  return { words, dimension, scan, put, isSure: true };
}

/** A tier in the place that it has in a line that ends so much later. */
function moved<T extends TierPolicy>(tier: T, by: number): T {
  const move = <N extends { readonly span: Span }>(node: N): N => {
    const { source, start, end } = node.span;
    return { ...node, span: { source, start: start + by, end: end + by } };
  };
  if (tier.kind === 'uplink') {
    return move({ ...tier, ...(tier.nat === undefined ? {} : { nat: move(tier.nat) }) });
  }
  if (tier.kind !== 'balance') return move(tier);
  const members = tier.members.map((member) =>
    move({ ...member, ...(member.nat === undefined ? {} : { nat: move(member.nat) }) }),
  );
  return move({ ...tier, members });
}
