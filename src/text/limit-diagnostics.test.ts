import { describe, expect, it } from 'vitest';
import { at, type Diagnostic } from './diagnostic.ts';
import { limitDiagnostics, MOST_PARSED, MOST_READ } from './limit-diagnostics.ts';
import { renderConcise } from './render-concise.ts';
import { renderGithub } from './render-github.ts';
import { renderJson } from './render-json.ts';
import { renderSarif } from './render-sarif.ts';
import type { Source } from './source.ts';

const source: Source = { name: 'p.route', text: 'x\n'.repeat(5000), quotable: true };
const found = (code: string, line: number): Diagnostic => {
  const start = 2 * (line - 1);
  const labels = [at({ source, start, end: start + 1 })] as const;
  return { code, slug: `slug-${code}`, severity: 'error', message: `at ${line}`, labels };
};
const many = (code: string, count: number, first = 1): Diagnostic[] =>
  Array.from({ length: count }, (_, index) => found(code, first + index));
const messages = (diagnostics: readonly Diagnostic[]): string[] =>
  diagnostics.map(({ message }) => message);

describe('of each kind of finding', () => {
  it('the first are kept, and one stands for the others, at the place of the first of them', () => {
    const out = limitDiagnostics([...many('RC1', 5), ...many('RC2', 3, 6)], 3);
    expect(messages(out)).toEqual([
      'at 1',
      'at 2',
      'at 3',
      'and 2 more `slug-RC1`, from here on',
      'at 6',
      'at 7',
      'at 8',
    ]);
    expect(out[3]).toMatchObject({ code: 'RC1', severity: 'error', count: 2 });
    expect(out[3]?.labels[0].span.start).toBe(6);
  });

  it('one more is shown as it is', () => {
    const all = many('RC1', 4);
    expect(limitDiagnostics(all, 3)).toEqual(all);
  });
});

describe('of thousands of findings', () => {
  const all = [...many('RC1', 4000), ...many('RC2', 2, 4001)];

  it('a person is shown some of each kind, on lines of the usual form', () => {
    for (const shown of [renderConcise(all), renderGithub(all)]) {
      const lines = shown.trimEnd().split('\n');
      expect(lines).toHaveLength(MOST_READ + 1 + 2);
      expect(lines[MOST_READ]).toContain(`and ${4000 - MOST_READ} more \`slug-RC1\``);
    }
    expect(renderConcise(all)).toContain(`p.route:${MOST_READ + 1}:1: error[RC1]: and 3900 more`);
  });

  it('a program gets more, and is told how many there are', () => {
    const { diagnostics, summary } = JSON.parse(renderJson(all));
    expect(diagnostics).toHaveLength(MOST_PARSED + 1 + 2);
    expect(diagnostics[MOST_PARSED]).toMatchObject({ code: 'RC1', count: 3000 });
    expect(diagnostics[0]).not.toHaveProperty('count');
    expect(summary).toEqual({ error: 4002, warning: 0, note: 0 });
    const [{ results }] = JSON.parse(renderSarif(all, '1.0.0', () => undefined)).runs;
    expect(results).toHaveLength(MOST_PARSED + 1 + 2);
    expect(results[MOST_PARSED].occurrenceCount).toBe(3000);
  });
});
