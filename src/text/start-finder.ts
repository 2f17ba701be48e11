/**
 * Finds the last of some starts, in ascending order and the first of them 0, that is not after a place; quickly where
 * places are asked for one after the other.
 *
 * @returns its index
 */
export function startFinder(starts: readonly number[]): (place: number) => number {
  let last = 0;
  const isHere = (place: number): boolean =>
    place >= (starts[last] as number) && place < (starts[last + 1] ?? Number.POSITIVE_INFINITY);
  return (place) => {
    if (isHere(place)) return last;
    if (last + 1 < starts.length) {
      last += 1;
      if (isHere(place)) return last;
    }
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] as number) <= place) low = middle;
      else high = middle - 1;
    }
    last = low;
    return last;
  };
}
