import type { List, Word } from '../../grammar/tree.ts';

/** The words and lists of a statement, wherever they stand in its tree. */
export function* walkTree(node: unknown): Iterable<Word | List> {
  if (typeof node !== 'object' || node === null || 'source' in node) return;
  if ('form' in node || 'words' in node) yield node as Word | List;
  for (const each of Object.values(node)) yield* walkTree(each);
}
