import type { Match } from '../../grammar/tree.ts';
import type { Span } from '../text/source.ts';
import type { Policy } from './policy.ts';
import { secretIn } from './read-sets.ts';

/** Where a line has values from that must not be quoted, by the sets that it names, if any do. */
export function secretOf(
  { sets }: Policy,
  line: { readonly matches: readonly Match[] },
): Span | undefined {
  // A statement reads its matches when they are asked for, and few policies have such a set.
  if (sets.every(({ content }) => secretIn(content) === undefined)) return undefined;
  for (const match of line.matches) {
    if (!('list' in match) || match.list === undefined) continue;
    for (const { form, text } of match.list.words) {
      if (form !== 'ref') continue;
      const set = sets.find(({ name }) => name === text);
      const secret = set && secretIn(set.content);
      if (secret !== undefined) return secret;
    }
  }
  return undefined;
}
