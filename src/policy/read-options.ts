import type { OptionStatement } from '../../grammar/tree.ts';
import { LAYOUT } from '../model/layout.ts';
import { isFault } from '../net/fault.ts';
import { scanMark } from '../net/mark.ts';
import { scanNumber } from '../net/port.ts';
import { at, diagnose, type Report } from '../text/diagnostic.ts';
import { nearest } from '../text/nearest.ts';
import type { Span } from '../text/source.ts';
import { badValue, unknownOption, writtenTwice } from './kinds.ts';
import type { Options } from './policy.ts';

/** What each option may be: `read` gives its value, or what it should have been. */
type Reader = (text: string) => number | boolean | string | { readonly wrong: string };

/** Numbers that `rtnetlink.h` or routing daemons have taken: 0 to 18, 42, 186 to 198. */
const takenProtocol = (number: number): boolean =>
  number <= 18 ||
  number === 30 ||
  number === 42 ||
  number === 80 ||
  number === 99 ||
  (number >= 186 && number <= 198);

const READERS: Record<string, Reader> = {
  'mark-mask': (text) => {
    const scanned = scanMark(text);
    if (isFault(scanned)) return { wrong: 'a mask of 32 bits, as in 0x7f000000' };
    const { value } = scanned;
    const lowest = value & -value;
    const run = value / (lowest >>> 0);
    if (value === 0 || !Number.isInteger(Math.log2(run + 1)) || run < 15) {
      return { wrong: 'at least four bits that stand together, as in 0xff' };
    }
    return value;
  },
  priority: (text) => scanRange(text, LAYOUT.lowestPriority, LAYOUT.highestPriority),
  protocol: (text) => {
    const number = scanNumber(text, 254);
    return number === undefined || takenProtocol(number) || takenProtocol(number + 1)
      ? { wrong: 'a number up to 254 that no daemon uses, and its successor too' }
      : number;
  },
  group: (text) => scanRange(text, 1, 0x7fff_ffff),
  counters: (text) => (text === 'on' ? true : text === 'off' ? false : { wrong: '`on` or `off`' }),
  failback: (text) =>
    ['now', 'new-flows', 'never'].includes(text)
      ? text
      : { wrong: '`new-flows`, `now` or `never`' },
};

function scanRange(text: string, low: number, high: number): number | { wrong: string } {
  const number = scanNumber(text, high);
  return number === undefined || number < low ? { wrong: `${low} to ${high}` } : number;
}

/** The options of a policy, with their defaults. */
export function readOptions(statements: readonly OptionStatement[], report: Report): Options {
  const values = new Map<string, unknown>();
  const places = new Map<string, Span>();
  for (const { name, value } of statements) {
    const reader = Object.hasOwn(READERS, name.text) ? READERS[name.text] : undefined;
    const first = places.get(name.text);
    if (reader === undefined) {
      const meant = nearest(name.text, Object.keys(READERS));
      report(
        diagnose(
          unknownOption,
          `there is no option \`${name.text}\``,
          [at(name.span)],
          meant === undefined
            ? `options are ${Object.keys(READERS)
                .map((option) => `\`${option}\``)
                .join(', ')}`
            : `did you mean \`${meant}\`?`,
        ),
      );
    } else if (first !== undefined) {
      const message = `option \`${name.text}\` is set twice`;
      const labels = [at(name.span, 'again'), at(first, 'first set here')] as const;
      report(diagnose(writtenTwice, message, [...labels], 'keep one of the two lines'));
    } else {
      places.set(name.text, name.span);
      const read = reader(value.text);
      if (typeof read === 'object') {
        const message = `\`${value.text}\` is no value for option \`${name.text}\``;
        report(diagnose(badValue, message, [at(value.span)], `write ${read.wrong}`));
      } else values.set(name.text, read);
    }
  }
  return {
    markMask: (values.get('mark-mask') as number | undefined) ?? 0x7f00_0000,
    priority: (values.get('priority') as number | undefined) ?? 6000,
    protocol: (values.get('protocol') as number | undefined) ?? 214,
    group: (values.get('group') as number | undefined) ?? 6000,
    counters: (values.get('counters') as boolean | undefined) ?? true,
    failback: (values.get('failback') as Options['failback'] | undefined) ?? 'new-flows',
    places,
  };
}
