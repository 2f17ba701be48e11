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
  // Put together with `+`, they are copied once all of it is written, and not before.
  let joined = '';
  for (let from = 0; from < count; from += AT_ONCE) {
    if (from > 0) joined += between;
    joined += joinSome(from, Math.min(count, from + AT_ONCE), pieceAt, between);
  }
  return joined;
}

function joinSome(
  from: number,
  to: number,
  pieceAt: (place: number) => string,
  between: string,
): string {
  const some: string[] = [];
  for (let place = from; place < to; place += 1) some.push(pieceAt(place));
  return some.join(between);
}
