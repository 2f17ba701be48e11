/** So many pieces are joined at a time. */
const AT_ONCE = 1024;

/**
 * Joins pieces that are made one by one: a hundred thousand short texts that wait to be joined take many
 * times the memory of the text that they become.
 */
export function joinPieces(
  count: number,
  pieceAt: (place: number) => string,
  between: string,
): string {
  const joined: string[] = [];
  for (let from = 0; from < count; from += AT_ONCE) {
    const some: string[] = [];
    const to = Math.min(count, from + AT_ONCE);
    for (let place = from; place < to; place += 1) some.push(pieceAt(place));
    joined.push(some.join(between));
  }
  return joined.join(between);
}
