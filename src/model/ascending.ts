/** Places from the lowest to the highest. Most stand so already, and looking is quicker than sorting. */
export function ascending(places: readonly number[]): Uint32Array {
  const sorted = new Uint32Array(places);
  return isAscending(places) ? sorted : sorted.sort();
}

/** Whether none is followed by a lower one. */
export function isAscending(places: readonly number[]): boolean {
  for (let at = 1; at < places.length; at += 1) {
    if ((places[at - 1] as number) > (places[at] as number)) return false;
  }
  return true;
}
