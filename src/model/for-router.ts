import type { Family } from '../net/address.ts';
import type { Interval, Point } from '../net/interval-set.ts';
import type { Program } from './program.ts';

/**
 * Whether what is sent to these addresses is for the router itself, as far as a policy can know: each is a single
 * address that an uplink says is its own. No rule moves that, wherever it comes from.
 *
 * @param between the first and the last of them, in host order
 */
export function isForRouter(
  { uplinks }: Program,
  family: Family,
  between: Interval<Point>,
): boolean {
  const [low, high] = between;
  if (low !== high) return false;
  return uplinks.some(({ own }) =>
    own.some(({ family: its, range }) => its === family && range.low === low && range.high === low),
  );
}
