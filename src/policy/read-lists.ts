import type { List, Word } from '../../grammar/tree.ts';
import { isFault, type Scanned } from '../net/fault.ts';
import { type Interval, type IntervalSet, intervalSet, union } from '../net/interval-set.ts';
import { scanMac } from '../net/mac.ts';
import { scanPorts } from '../net/port.ts';
import { at, diagnose, type Kind, type Report } from '../text/diagnostic.ts';
import { badPort, badValue, wrongSet } from './kinds.ts';
import type { SetContent } from './policy.ts';
import type { SetLookup } from './read-sets.ts';
import { readWord, reportEmpty } from './read-words.ts';

/** What reading a list needs. */
interface Words {
  readonly sets: SetLookup;
  readonly report: Report;
}

/** Ports, port ranges and services; nothing once a fault is reported. */
export function readPorts(words: Words, list: List): IntervalSet<number> | undefined {
  return collect(words, list, badPort, scanPorts, (content) =>
    content.kind === 'ports' ? content.ports : undefined,
  );
}

/** MAC addresses. */
export function readMacs(words: Words, list: List): IntervalSet<number> | undefined {
  const scan = (text: string): Scanned<Interval<number>> => single(scanMac(text));
  return collect(words, list, badValue, scan, (content) =>
    content.kind === 'macs' ? content.macs : undefined,
  );
}

/** Values that `scan` knows; no set holds such. */
export function readNumbers(
  words: Words,
  list: List,
  scan: (text: string) => Scanned<number>,
): IntervalSet<number> | undefined {
  return collect(words, list, badValue, (text) => single(scan(text)));
}

/** The values of a list as one set, those of the sets that it refers to among them. */
function collect(
  words: Words,
  list: List,
  kind: Kind,
  scan: (text: string) => Scanned<Interval<number>>,
  fromSet?: (content: SetContent) => IntervalSet<number> | undefined,
): IntervalSet<number> | undefined {
  if (reportEmpty(list, words.report)) return undefined;
  const intervals: Interval<number>[] = [];
  const referred: IntervalSet<number>[] = [];
  let sound = true;
  for (const word of list.words) {
    if (word.form === 'ref' && fromSet !== undefined) {
      const content = refer(words, word, kind === badPort ? 'ports' : 'macs');
      if (content === undefined) sound = false;
      else referred.push(fromSet(content) ?? []);
      continue;
    }
    const interval = readWord(kind, word, scan, words.report);
    if (interval === undefined) sound = false;
    else intervals.push(interval);
  }
  return sound ? union([intervalSet(intervals), ...referred]) : undefined;
}

/** A set that must hold values of one kind; an empty one fits everywhere. */
export function refer(
  words: Words,
  word: Word,
  wanted: 'addresses' | 'ports' | 'macs',
): SetContent | undefined {
  const content = words.sets(word);
  if (content.kind === wanted || content.kind === 'empty') return content;
  if (content.kind === 'domains' && wanted === 'addresses') return content;
  if (content.kind !== 'faulty') {
    const its = content.kind === 'domains' ? 'addresses' : content.kind;
    const message = `\`@${word.text}\` holds ${its}, and ${wanted} are needed here`;
    words.report(diagnose(wrongSet, message, [at(word.span)]));
  }
  return undefined;
}

function single(scanned: Scanned<number>): Scanned<Interval<number>> {
  return isFault(scanned) ? scanned : { value: [scanned.value, scanned.value] };
}
