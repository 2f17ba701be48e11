import type { ForwardStatement } from '../../grammar/tree.ts';
import { scanEndpoint } from '../net/endpoint.ts';
import type { Interval } from '../net/interval-set.ts';
import { scanPorts } from '../net/port.ts';
import { at, diagnose, type Report } from '../text/diagnostic.ts';
import { badAddress, badPort } from './kinds.ts';
import { readWord, reportEmpty } from './read-words.ts';
import type { UplinkNames } from './uplink-names.ts';

/** Reads a `forward` for what is wrong with it; it is not lowered yet. */
export function readForward(
  { ports, on, to }: ForwardStatement,
  uplinks: UplinkNames,
  report: Report,
): void {
  const outside: Interval<number>[] = [];
  if (!reportEmpty(ports, report)) {
    for (const word of ports.words) {
      const range = readWord(badPort, word, scanPorts, report);
      if (range !== undefined) outside.push(range);
    }
  }
  if (!reportEmpty(on, report)) {
    for (const word of on.words) uplinks.mention(word);
  }
  const inside = readWord(badAddress, to, scanEndpoint, report)?.ports;
  const [only] = outside;
  if (inside === undefined || only === undefined || inside[0] === inside[1]) return;
  if (outside.length > 1 || only[1] - only[0] !== inside[1] - inside[0]) {
    const message = 'a range of ports is forwarded to one of the same size';
    const help = 'name as many ports inside as outside, or a single one for all of them';
    report(diagnose(badPort, message, [at(to.span), at(ports.span, 'these')], help));
  }
}
