import { expect, it } from 'vitest';
import type { Source } from '../text/source.ts';
import { fitsWhole, type Line, linesOf } from './lines-of.ts';

const sourceOf = (text: string): Source => ({ name: 'policy.route', text, quotable: true });
const told = (lines: readonly Line[]): string[] =>
  lines.map((line) => {
    if (line.kind === 'gap') return `... ${line.count}`;
    return [line.number, line.mark, line.first ? 'first' : undefined]
      .filter((each) => each !== undefined)
      .join(' ');
  });

it('numbers all lines, and marks those that a statement goes over', () => {
  const source = sourceOf('a\r\nb {\nc\n}\n');
  const lines = linesOf(
    source,
    [
      { kind: 'fits', file: 'policy.route', from: 1, to: 2 },
      { kind: 'decides', file: 'policy.route', from: 2, to: 4 },
      { kind: 'fits', file: 'other.route', from: 1, to: 4 },
    ],
    true,
  );
  expect(told(lines)).toEqual(['1 fits first', '2 decides first', '3 decides', '4 decides']);
  expect(lines[0]).toMatchObject({ text: 'a' });
  expect(told(linesOf(sourceOf('a\n\nb'), [], true))).toEqual(['1', '2', '3']);
});

it('of a long policy leaves out what does not matter, and counts it', () => {
  const source = sourceOf('x\n'.repeat(10_000));
  expect(fitsWhole([source])).toBe(false);
  const mark = { kind: 'decides', file: 'policy.route', from: 5000, to: 5000 } as const;
  const lines = linesOf(source, [mark], false);
  expect(told(lines)).toEqual([
    ...['1', '2', '3', '4', '5', '6', '7', '8'],
    '... 4987',
    ...['4996', '4997', '4998', '4999', '5000 decides first', '5001', '5002', '5003', '5004'],
    '... 4996',
  ]);
  const last = linesOf(source, [{ ...mark, from: 10_000, to: 10_000 }], false);
  expect(told(last).at(-1)).toBe('10000 decides first');
});

it('cuts lines of megabytes', () => {
  const [line] = linesOf(sourceOf('x'.repeat(1_000_000)), [], true);
  expect(JSON.stringify(line).length).toBeLessThan(2000);
});
