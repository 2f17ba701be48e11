/** So many pieces are joined at a time. */
const AT_ONCE = 1024;

/**
 * Joins pieces that are made one by one: a hundred thousand short texts that wait to be joined take many
 * times the memory of the text that they become.
 */
export function joinPieces(pieces: Iterable<string>, between: string): string {
  const joined: string[] = [];
  let some: string[] = [];
  for (const piece of pieces) {
    some.push(piece);
    if (some.length < AT_ONCE) continue;
    joined.push(some.join(between));
    some = [];
  }
  if (some.length > 0) joined.push(some.join(between));
  return joined.join(between);
}
