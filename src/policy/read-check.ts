import type { Check } from '../../grammar/tree.ts';
import { scanAddress } from '../net/address.ts';
import { scanDuration } from '../net/duration.ts';
import { scanEndpoint } from '../net/endpoint.ts';
import { isFault, type Scanned } from '../net/fault.ts';
import { scanNumber } from '../net/port.ts';
import { at, diagnose, type Report } from '../text/diagnostic.ts';
import type { Span } from '../text/source.ts';
import { badAddress, badValue, writtenTwice } from './kinds.ts';
import { readWord, reportEmpty } from './read-words.ts';

/** Reads a `check` clause for what is wrong with it; it is not lowered yet. */
export function readCheck({ how, targets, settings }: Check, report: Report): void {
  if (!reportEmpty(targets, report)) {
    for (const word of targets.words) {
      if (how.text === 'ping') readWord(badAddress, word, scanAddress, report);
      else if (how.text === 'tcp') readWord(badAddress, word, scanTcpTarget, report);
      else readWord(badValue, word, scanUrl, report);
    }
  }
  const seen = new Map<string, Span>();
  for (const { name, value } of settings) {
    const first = seen.get(name.text);
    if (first !== undefined) {
      const labels = [at(name.span, 'again'), at(first, 'first written here')] as const;
      const message = `\`${name.text}\` is written twice`;
      report(diagnose(writtenTwice, message, [...labels], 'keep one of them'));
    }
    seen.set(name.text, name.span);
    const timed = name.text === 'every' || name.text === 'timeout';
    readWord(badValue, value, timed ? scanDuration : scanCount, report);
  }
}

/** An address, with a port or without. */
function scanTcpTarget(text: string): Scanned<unknown> {
  const address = scanAddress(text);
  return isFault(address) && /[\]:]/.test(text) ? scanEndpoint(text) : address;
}

function scanUrl(text: string): Scanned<URL> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return { value: url };
  return { fault: `\`${text}\` is not a URL, as in "http://192.0.2.1/"` };
}

function scanCount(text: string): Scanned<number> {
  const value = scanNumber(text, 1000);
  if (value !== undefined && value > 0) return { value };
  return { fault: `\`${text}\` is not a count of probes, from 1 to 1000` };
}
