import type { Match, RouteStatement, Word } from '../../grammar/tree.ts';
import { bug } from '../bug.ts';
import type { AddressRange } from '../net/address.ts';
import { isFault } from '../net/fault.ts';
import { type Interval, intervalSet } from '../net/interval-set.ts';
import { scanPorts } from '../net/port.ts';
import { scanAddressRange } from '../net/prefix.ts';
import type { Span } from '../text/source.ts';
import type { Conditions, RoutePolicy, TierPolicy } from './policy.ts';
import { addressesOf, complementAddresses, familiesOf } from './read-words.ts';
import { ruleId } from './rule-id.ts';
import { walkTree } from './walk-tree.ts';

/** How rules are read that differ from a first one in nothing but values. */
export interface LikeReader {
  readonly first: RoutePolicy;
  /** Whether a statement of the same shape is such a rule, and nothing is to be said about it. */
  readonly fits: (statement: RouteStatement) => boolean;
  /** The rule of a statement that fits. */
  readonly read: (statement: RouteStatement) => RoutePolicy;
}

/** Puts the value of a text into the conditions of a first rule; false if it has none that fits there. */
type Fill = (conditions: Draft, text: string) => boolean;
type Draft = { -readonly [K in keyof Conditions]: Conditions[K] };

/**
 * How the rules of a shape are read once the first of them was, without a word about it: where they
 * differ in the addresses, prefixes, ranges or ports that a match lists.
 */
export function likeReader(first: RoutePolicy): LikeReader | undefined {
  // What it says of places is said of the first alone.
  if (first.conditions.atoms.length > 0) return undefined;
  const listed = new Map(first.statement.matches.flatMap((match) => fillsOf(first, match)));
  const fills = [...walkTree(first.statement.matches)]
    .filter((node): node is Word => 'form' in node && /^[0-9]/.test(node.text))
    .sort((a, b) => a.span.start - b.span.start)
    .map((word) => listed.get(word) ?? same(word));
  const conditionsOf = ({ literals = [] }: RouteStatement): Conditions | undefined => {
    const conditions = { __proto__: first.conditions } as unknown as Draft;
    for (let index = 0; index < fills.length; index += 1) {
      const text = literals[index];
      if (text === undefined || !(fills[index] as Fill)(conditions, text)) return undefined;
    }
    return conditions;
  };

  /** Of a rule that nobody asks for more than its target, nothing more is made. */
  class Like implements RoutePolicy {
    readonly statement: RouteStatement;
    readonly like = first;
    private made: Conditions | undefined;
    constructor(statement: RouteStatement) {
      this.statement = statement;
    }
    get id(): string {
      return ruleId(this.statement.text);
    }
    get conditions(): Conditions {
      this.made ??= conditionsOf(this.statement) ?? bug('a rule is like no other any more');
      return this.made;
    }
    /** The same text; only the place of that is another. */
    get tiers(): readonly TierPolicy[] {
      const by = this.statement.span.end - first.statement.span.end;
      return first.tiers.map((tier) => moved(tier, by));
    }
  }

  return {
    first,
    fits: (statement) => conditionsOf(statement) !== undefined,
    read: (statement) => new Like(statement),
  };
}

/** Longer lists are read as any other. */
const LONGEST = 64;

/** How the words of a match are put into the conditions, where it lists nothing but values. */
function fillsOf({ conditions }: RoutePolicy, match: Match): (readonly [Word, Fill])[] {
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
      return negated ? [] : ports('ports', words);
    case 'sport':
      return negated ? [] : ports('sourcePorts', words);
    default:
      return [];
  }
}

/** Any other word has to be the same. */
function same(word: Word): Fill {
  return (_, text) => text === word.text;
}

function addresses(
  field: 'from' | 'to',
  words: readonly Word[],
  first: Conditions,
  { single, negated }: { readonly single: boolean; readonly negated: boolean },
): (readonly [Word, Fill])[] {
  const [its, other] = familiesOf(first[field] ?? addressesOf([]));
  if (other !== undefined) return [];
  const scan = (text: string): AddressRange | undefined => {
    const range = scanAddressRange(text);
    if (isFault(range)) return undefined;
    const { family, low, high } = range.value;
    return its !== family || (single && low !== high) ? undefined : range.value;
  };
  return together(words, scan, (conditions, ranges) => {
    const listed = addressesOf(ranges);
    const set = negated ? complementAddresses(listed, false) : listed;
    conditions[field] = set;
    return familiesOf(set).length > 0;
  });
}

function ports(field: 'ports' | 'sourcePorts', words: readonly Word[]): (readonly [Word, Fill])[] {
  const scan = (text: string): Interval<number> | undefined => {
    const scanned = scanPorts(text);
    return isFault(scanned) ? undefined : scanned.value;
  };
  return together(words, scan, (conditions, all) => {
    conditions[field] = all.length === 1 ? all : intervalSet(all);
    return true;
  });
}

/** Puts the values of a list into the conditions with its last word. Of one that stands there twice something is said. */
function together<T>(
  words: readonly Word[],
  scan: (text: string) => T | undefined,
  put: (conditions: Draft, values: readonly T[]) => boolean,
): (readonly [Word, Fill])[] {
  const texts: string[] = [];
  let values: T[] = [];
  return words.map((word, index) => [
    word,
    (conditions, text) => {
      const value = scan(text);
      if (value === undefined) return false;
      if (index === 0) values = [];
      const same = texts.indexOf(text);
      if (same >= 0 && same < index) return false;
      texts[index] = text;
      values.push(value);
      return index < words.length - 1 || put(conditions, values);
    },
  ]);
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
