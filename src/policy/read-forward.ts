import type { ForwardStatement } from '../../grammar/tree.ts';
import { scanAddress } from '../net/address.ts';
import { isFault } from '../net/fault.ts';
import { scanPorts } from '../net/port.ts';
import type { Report } from '../text/diagnostic.ts';
import { badAddress, badPort } from './kinds.ts';
import { readWord, reportEmpty, reportFault } from './read-words.ts';
import type { UplinkNames } from './uplink-names.ts';

/** Reads a `forward` for what is wrong with it; it is not lowered yet. */
export function readForward(
  { ports, on, to }: ForwardStatement,
  uplinks: UplinkNames,
  report: Report,
): void {
  if (!reportEmpty(ports, report)) {
    for (const word of ports.words) readWord(badPort, word, scanPorts, report);
  }
  if (!reportEmpty(on, report)) {
    for (const word of on.words) uplinks.mention(word);
  }
  const parts = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(to.text);
  if (parts === null) {
    const fault = `\`${to.text}\` is not an address with a port`;
    const write = to.text.includes(':') ? '[2001:db8::10]:443' : `${to.text}:443`;
    reportFault(badAddress, to, { fault, write }, report);
    return;
  }
  const address = scanAddress(parts[1] ?? parts[2] ?? '');
  if (isFault(address)) reportFault(badAddress, to, address, report);
  else if ((address.value.family === 6) !== (parts[1] !== undefined)) {
    const fault = `\`${to.text}\`: brackets go around an IPv6 address, and around no other`;
    reportFault(badAddress, to, { fault }, report);
  }
  const port = scanPorts(parts[3] ?? '');
  if (isFault(port)) reportFault(badPort, to, port, report);
}
