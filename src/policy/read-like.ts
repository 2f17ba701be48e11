import type { RouteStatement, Word } from '../../grammar/tree.ts';
import { isFault } from '../net/fault.ts';
import { scanPorts } from '../net/port.ts';
import { scanAddressRange } from '../net/prefix.ts';
import type { Span } from '../text/source.ts';
import type { Conditions, RoutePolicy, TierPolicy } from './policy.ts';
import { addressesOf, familiesOf } from './read-words.ts';
import { ruleId } from './rule-id.ts';
import { walkTree } from './walk-tree.ts';

/** Reads a rule of the same shape; void if it differs from the first in more than its values. */
export type ReadLike = (statement: RouteStatement) => RoutePolicy | undefined;

/** Puts the value of a text into the conditions of a first rule; false if it has none that fits there. */
type Fill = (conditions: Draft, text: string) => boolean;
type Draft = { -readonly [K in keyof Conditions]: Conditions[K] };

/**
 * How the rules of a shape are read once the first of them was, without a word about it: where they
 * differ in the one address, prefix, range or port that a match has.
 */
export function likeReader(first: RoutePolicy): ReadLike | undefined {
  // What it says of places is said of the first alone.
  if (first.conditions.atoms.length > 0) return undefined;
  const fills = [...walkTree(first.statement.matches)]
    .filter((node): node is Word => 'form' in node && /^[0-9]/.test(node.text))
    .sort((a, b) => a.span.start - b.span.start)
    .map((word) => fillOf(first, word) ?? same(word));
  // Its target is the same text; only the place of that is another.
  const later = {
    like: first,
    get tiers(): readonly TierPolicy[] {
      const { span } = (this as unknown as RoutePolicy).statement;
      return first.tiers.map((tier) => moved(tier, span.end - first.statement.span.end));
    },
  };
  return (statement) => {
    const conditions = { __proto__: first.conditions } as unknown as Draft;
    const { literals = [] } = statement;
    for (let index = 0; index < fills.length; index += 1) {
      const text = literals[index];
      if (text === undefined || !(fills[index] as Fill)(conditions, text)) return undefined;
    }
    const id = ruleId(statement.text);
    return { __proto__: later, id, statement, conditions } as unknown as RoutePolicy;
  };
}

/** How a word is put into the conditions, where it is all that its match lists. */
function fillOf({ statement, conditions }: RoutePolicy, word: Word): Fill | undefined {
  const match = statement.matches.find(
    (each) => 'list' in each && each.list?.words.length === 1 && each.list.words[0] === word,
  );
  if (match === undefined) return undefined;
  if (match.outerNot !== undefined || match.innerNot !== undefined) return undefined;
  switch (match.kind) {
    case 'host':
      return addresses('from', conditions, true);
    case 'from':
      return addresses('from', conditions, false);
    case 'to':
      return addresses('to', conditions, false);
    case 'transport':
      return ports('ports');
    case 'sport':
      return ports('sourcePorts');
    default:
      return undefined;
  }
}

/** Any other word has to be the same. */
function same(word: Word): Fill {
  return (_, text) => text === word.text;
}

function addresses(field: 'from' | 'to', first: Conditions, single: boolean): Fill {
  const [its] = familiesOf(first[field] ?? addressesOf([]));
  return (conditions, text) => {
    const range = scanAddressRange(text);
    if (isFault(range)) return false;
    const { family, low, high } = range.value;
    if (its !== family || (single && low !== high)) return false;
    conditions[field] = addressesOf([range.value]);
    return true;
  };
}

function ports(field: 'ports' | 'sourcePorts'): Fill {
  return (conditions, text) => {
    const scanned = scanPorts(text);
    if (isFault(scanned)) return false;
    conditions[field] = [scanned.value];
    return true;
  };
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
