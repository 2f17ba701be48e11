import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyword } from '../grammar/tokens.ts';
import { bug } from './bug.ts';
import { check } from './compile.ts';
import { judgeExpects } from './policy/judge-expects.ts';
import type { Read } from './policy/load.ts';
import { renderConcise } from './text/render-concise.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../docs/language.md'), 'utf8');
const examples = [...PAGE.matchAll(/^```route\n([\s\S]*?)^```$/gm)].map(
  ([, text]) => text as string,
);

/** The files that the examples name. */
const FILES: Readonly<Record<string, string>> = {
  'partners.list': '203.0.113.7\n',
  'guests.route': 'route in guest0 via cable\n',
};
const read: Read = (path) => {
  const text = FILES[path];
  if (text === undefined) return { refused: 'no example has it' };
  return { bytes: new TextEncoder().encode(text), quotable: true };
};

describe('the examples of docs/language.md', () => {
  it.each(examples)('compile, and do what they expect: %#', (text) => {
    const entry = { name: 'language.md', base: 'policy', bytes: new TextEncoder().encode(text) };
    const { program, policy, diagnostics } = check(entry, read, undefined);
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    expect(renderConcise(errors)).toBe('');
    const { expects } = judgeExpects(policy, program ?? bug('without an error'));
    const others = expects.filter(({ judgement }) => judgement.kind !== 'holds');
    expect(others.map(({ expect: { statement } }) => statement.text)).toEqual([]);
  });

  it('have every word of the language', () => {
    const words = new Set(examples.flatMap((text) => text.replace(/#.*/g, '').split(/[\s,]+/)));
    expect(Object.keys(keyword).filter((word) => !words.has(word))).toEqual([]);
  });
});
