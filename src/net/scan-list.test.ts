import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFault } from './fault.ts';
import { intervalSet } from './interval-set.ts';
import { scanAddressRange } from './prefix.ts';
import { rangeList } from './range-list.ts';
import { scanList } from './scan-list.ts';

function scanned(text: string, takes = true): { ranges: number[][]; values: string[] } {
  const ranges: number[][] = [];
  const values: string[] = [];
  scanList(text, {
    range: (low, high) => {
      if (takes) ranges.push([low, high]);
      return takes;
    },
    value: (from, to) => values.push(text.slice(from, to)),
  });
  return { ranges, values };
}

describe('scanList', () => {
  it('tells of each value once, as a range or by its place', () => {
    const text =
      '# head\r\n192.0.2.1\n\t192.0.2.0/24 # why\r\n\n2001:db8::1\n 192.0.2.1/24\nweb#1\n0.0.0.0/0';
    const last = 2 ** 32 - 1;
    expect(scanned(text)).toEqual({
      ranges: [
        [0xc0000201, 0xc0000201],
        [0xc0000200, 0xc00002ff],
        [0, last],
      ],
      values: ['2001:db8::1', '192.0.2.1/24', 'web'],
    });
    expect(scanned(text, false).values).toHaveLength(6);
  });

  it('takes as a range what a prefix is, and nothing else', () => {
    const part = fc.oneof(fc.nat(300).map(String), fc.constantFrom('', '00', '01', 'a', '255'));
    const word = fc
      .tuple(
        fc.array(part, { minLength: 3, maxLength: 5 }),
        fc.constantFrom('', '/', '-', ' '),
        part,
      )
      .map(([parts, mark, end]) => parts.join('.') + mark + (mark === '' ? '' : end));
    const blank = fc.constantFrom('', ' ', '\t', '\u00a0');
    const line = fc.tuple(blank, word, blank, fc.constantFrom('', '#', ' # 1', '\r'));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const wanted: { ranges: number[][]; values: string[] } = { ranges: [], values: [] };
        for (const parts of lines) {
          const value = (parts.join('').split('#')[0] as string).trim();
          const range = scanAddressRange(value);
          const plain = !isFault(range) && range.value.family === 4 && !value.includes('-');
          // A blank that is none in ASCII leaves it to the reader of all values.
          const strange = plain && parts.join('').split('#')[0]?.includes('\u00a0') === true;
          if (plain && !strange && !isFault(range)) {
            wanted.ranges.push([Number(range.value.low), Number(range.value.high)]);
          } else if (value !== '') wanted.values.push(value);
        }
        expect(scanned(lines.map((parts) => parts.join('')).join('\n'))).toEqual(wanted);
      }),
    );
  });
});

describe('rangeList', () => {
  it('is the set of its ranges, in whatever order they come', () => {
    const end = fc.oneof(
      fc.nat(50),
      fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1),
    );
    const range = fc.tuple(end, end).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    fc.assert(
      fc.property(fc.array(range, { maxLength: 200 }), (ranges) => {
        const list = rangeList();
        for (const [low, high] of ranges) list.add(low, high);
        expect(list.toSet()).toEqual(intervalSet(ranges));
      }),
    );
  });
});
