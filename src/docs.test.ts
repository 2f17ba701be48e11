import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { check } from './compile.ts';
import { renderPretty } from './text/render-pretty.ts';

const root = join(import.meta.dirname, '..');
const policies = (markdown: string): string[] =>
  [...markdown.matchAll(/```route\n(.*?)```/gs)].map(([, text]) => text as string);

it.each(readdirSync(join(root, 'docs')))(
  'the policies of docs/%s compile without a word',
  (name) => {
    const found = policies(readFileSync(join(root, 'docs', name), 'utf8'));
    expect(found.length).toBeGreaterThan(0);
    for (const text of found) {
      const entry = { name: name, base: 'policy', bytes: new TextEncoder().encode(text) };
      const { diagnostics } = check(entry, () => ({ refused: 'no files here' }), undefined);
      expect(renderPretty(diagnostics)).toBe('');
    }
  },
);
