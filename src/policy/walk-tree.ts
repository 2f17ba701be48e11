import type { List, Word } from '../../grammar/tree.ts';

/** The words and lists of a statement or a part of it, wherever they stand in its tree. */
export function* walkTree(node: unknown): Iterable<Word | List> {
  if (typeof node !== 'object' || node === null || 'source' in node) return;
  if ('form' in node || 'words' in node) yield node as Word | List;
  // A rule may make its tree only when it is asked for it: what is made is not its own.
  const parts = 'matches' in node && 'tiers' in node ? [node.matches, node.tiers] : node;
  for (const part of Object.values(parts)) yield* walkTree(part);
}
