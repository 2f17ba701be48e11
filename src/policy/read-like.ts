import type { Match, RouteStatement, Word } from '../../grammar/tree.ts';
import { isFault, type Scanned } from '../net/fault.ts';
import { scanPorts } from '../net/port.ts';
import { scanAddressRange } from '../net/prefix.ts';
import type { Span } from '../text/source.ts';
import type { Conditions, RoutePolicy, TierPolicy } from './policy.ts';
import { addressesOf, familiesOf } from './read-words.ts';
import { ruleId } from './rule-id.ts';
import { walkTree } from './walk-tree.ts';

/** Reads a rule of the same shape; void if it differs from the first in more than its values. */
export type ReadLike = (statement: RouteStatement) => RoutePolicy | undefined;

type Fill = (conditions: Conditions, text: string) => Partial<Conditions> | undefined;

/**
 * How the rules of a shape are read once the first of them was, without a word about it: where they
 * differ in the one address, prefix, range or port that a match has.
 */
export function likeReader(first: RoutePolicy): ReadLike | undefined {
  const { matches } = first.statement;
  // What it says of places is said of the first alone.
  if (first.conditions.atoms.length > 0) return undefined;
  const fills = [...walkTree(matches)]
    .filter((node): node is Word => 'form' in node && /^[0-9]/.test(node.text))
    .sort((a, b) => a.span.start - b.span.start)
    .map((word) => fillOf(matches, word) ?? same(word));
  // Its target is the same text; only the place of that is another.
  const later = {
    get tiers(): readonly TierPolicy[] {
      const { span } = (this as unknown as RoutePolicy).statement;
      return first.tiers.map((tier) => moved(tier, span.end - first.statement.span.end));
    },
  };
  return (statement) => {
    let { conditions } = first;
    for (let index = 0; index < fills.length; index += 1) {
      const text = statement.literals?.[index];
      const filled = text && (fills[index] as Fill)(first.conditions, text);
      if (!filled) return undefined;
      conditions = { ...conditions, ...filled };
    }
    const id = ruleId(statement.text);
    return { __proto__: later, id, statement, conditions, like: first } as unknown as RoutePolicy;
  };
}

/** How a word is put into the conditions, where it is all that its match lists. */
function fillOf(matches: readonly Match[], word: Word): Fill | undefined {
  const match = matches.find(
    (each) => 'list' in each && each.list?.words.length === 1 && each.list.words[0] === word,
  );
  if (match === undefined) return undefined;
  if (match.outerNot !== undefined || match.innerNot !== undefined) return undefined;
  switch (match.kind) {
    case 'host':
      return addresses('from', true);
    case 'from':
      return addresses('from', false);
    case 'to':
      return addresses('to', false);
    case 'transport':
      return (_, text) => ports('ports', scanPorts(text));
    case 'sport':
      return (_, text) => ports('sourcePorts', scanPorts(text));
    default:
      return undefined;
  }
}

/** Any other word has to be the same. */
function same(word: Word): Fill {
  return (_, text) => (text === word.text ? {} : undefined);
}

function addresses(field: 'from' | 'to', single: boolean): Fill {
  return (conditions, text) => {
    const range = scanAddressRange(text);
    if (isFault(range)) return undefined;
    const { family, low, high } = range.value;
    const [its] = familiesOf(conditions[field] ?? addressesOf([]));
    if (its !== family || (single && low !== high)) return undefined;
    return { [field]: addressesOf([range.value]) };
  };
}

function ports(
  field: 'ports' | 'sourcePorts',
  scanned: Scanned<readonly [number, number]>,
): Partial<Conditions> | undefined {
  return isFault(scanned) ? undefined : { [field]: [scanned.value] };
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
