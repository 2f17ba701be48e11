import type { List, Word } from '../../grammar/tree.ts';

/** The words and lists of a statement or a part of it, wherever they stand in its tree. */
export function* walkTree(node: unknown): Iterable<Word | List> {
  if (typeof node !== 'object' || node === null || 'source' in node) return;
  if ('form' in node || 'words' in node) yield node as Word | List;
  // What a statement makes of itself only when it is asked is not its own: no `Object.values`.
  for (const name in node) yield* walkTree(node[name as keyof typeof node]);
}
