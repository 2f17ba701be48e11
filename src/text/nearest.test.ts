import fc from 'fast-check';
import { distance } from 'fastest-levenshtein';
import { expect, it } from 'vitest';
import { nearest } from './nearest.ts';

it('is the one that is like it, and none where none is', () => {
  const names = ['cable', 'dsl', 'lte-backup', 'https'];
  expect(nearest('dls', names)).toBe('dsl');
  expect(nearest('Cabel', names)).toBe('cable');
  expect(nearest('lte-backpu', names)).toBe('lte-backup');
  expect(nearest('htps', names)).toBe('https');
  expect(nearest('fibre', names)).toBeUndefined();
  expect(nearest('', names)).toBeUndefined();
  expect(nearest('d'.repeat(64), ['d'.repeat(63)])).toBeUndefined();
});

it('passes over none that fewer edits lead to', () => {
  const word = fc.string({ unit: fc.constantFrom(...'abcABC09-_qQ1'), maxLength: 8 });
  fc.assert(
    fc.property(word, fc.array(word, { maxLength: 30 }), (name, names) => {
      const found = nearest(name, names);
      const edits = (each: string) => distance(name.toLowerCase(), each.toLowerCase());
      const most = Math.max(1, Math.floor(name.length / 3));
      const likely = names.filter((each) => edits(each) <= most && edits(each) < each.length);
      if (likely.length > 0) expect(found).toBeDefined();
      if (found !== undefined) {
        // Two letters that have changed places are one step, and two edits.
        expect(edits(found)).toBeLessThanOrEqual(Math.max(2, Math.min(...likely.map(edits))));
      }
    }),
    { numRuns: 2000 },
  );
});

it('takes no minutes for ten thousand names among thousands', () => {
  const names = Array.from({ length: 5000 }, (_, index) => `uplink${index}`);
  const start = performance.now();
  for (let index = 0; index < 10_000; index += 1) nearest(`upplnik${index}x`, names);
  expect(performance.now() - start).toBeLessThan(10_000);
});
