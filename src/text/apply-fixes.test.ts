import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyFixes } from './apply-fixes.ts';
import { at, type Diagnostic, diagnose, type Edit, type Kind } from './diagnostic.ts';
import type { Source } from './source.ts';

const kind: Kind = { code: 'RC506', slug: 'repeated', severity: 'warning', title: 'twice' };
const sourceOf = (text: string, name = 'policy.route', quotable = true): Source => ({
  name,
  text,
  quotable,
});
const edit = (source: Source, start: number, end: number, text = ''): Edit => ({
  span: { source, start, end },
  text,
});
function finding(first: Edit, ...others: Edit[]): Diagnostic {
  return diagnose(kind, 'twice', [at(first.span)], undefined, {
    title: 'take it out',
    edits: [first, ...others],
  });
}

describe('fixes', () => {
  it('are made in any order, side by side too', () => {
    const source = sourceOf('abcdef');
    const { count, texts } = applyFixes([
      finding(edit(source, 4, 6, 'Y'), edit(source, 0, 1, 'X')),
      finding(edit(source, 1, 2)),
      finding(edit(source, 3, 3, '-')),
    ]);
    expect(count).toBe(3);
    expect(texts.get(source)).toBe('Xc-dY');
  });

  it('of two at one place the first is taken, and the other not in part', () => {
    const source = sourceOf('abcdef');
    const { count, texts } = applyFixes([
      finding(edit(source, 1, 3, 'X')),
      finding(edit(source, 2, 4, 'Y'), edit(source, 5, 6, 'Z')),
      finding(edit(source, 1, 1, 'W')),
    ]);
    expect(count).toBe(1);
    expect(texts.get(source)).toBe('aXdef');
  });

  it('a file that was read twice is changed once', () => {
    const [one, two] = [sourceOf('aa'), sourceOf('aa')];
    const { count, texts } = applyFixes([finding(edit(one, 1, 2)), finding(edit(two, 1, 2))]);
    expect(count).toBe(1);
    expect([...texts]).toEqual([[one, 'a']]);
  });

  it('there are none for a file that must not be quoted, and without any nothing changes', () => {
    const source = sourceOf('secret', '/etc/shadow', false);
    const found = finding(edit(source, 0, 1));
    expect(found.fix).toBeUndefined();
    expect(applyFixes([found])).toEqual({ count: 0, texts: new Map() });
  });

  it('keep what no edit names', () => {
    const spans = fc.array(fc.tuple(fc.nat(30), fc.nat(5), fc.string({ maxLength: 3 })));
    fc.assert(
      fc.property(fc.string({ minLength: 36, maxLength: 36 }), spans, (text, all) => {
        const source = sourceOf(text);
        const found = all.map(([start, length, its]) =>
          finding(edit(source, start, start + length, its)),
        );
        const out = applyFixes(found);
        let [left, kept] = [text, ''];
        // The same by another way: one after the other, from the end.
        const taken = new Set<number>();
        const done: (readonly [number, number, string])[] = [];
        for (const [start, length, its] of all) {
          const places = Array.from({ length: Math.max(length, 1) }, (_, each) => start + each);
          if (places.some((each) => taken.has(each))) continue;
          for (const each of places) taken.add(each);
          done.push([start, length, its]);
        }
        for (const [start, length, its] of done.sort((a, b) => b[0] - a[0])) {
          kept = its + left.slice(start + length) + kept;
          left = left.slice(0, start);
        }
        expect(out.count).toBe(done.length);
        expect(out.texts.get(source) ?? text).toBe(left + kept);
      }),
    );
  });

  it('a hundred thousand do not take long', () => {
    const source = sourceOf('ab'.repeat(100_000));
    const found = Array.from({ length: 100_000 }, (_, index) =>
      finding(edit(source, 2 * index, 2 * index + 1)),
    );
    const begin = performance.now();
    expect(applyFixes(found).texts.get(source)).toBe('b'.repeat(100_000));
    expect(performance.now() - begin).toBeLessThan(5_000);
  });
});
