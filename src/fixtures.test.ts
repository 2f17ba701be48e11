import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check, compile } from './compile.ts';
import { reader } from './host/read-file.ts';
import { renderPretty } from './text/render-pretty.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');
const folders = readdirSync(FIXTURES).filter((name) => name !== 'diagnostics');
const text = (...path: string[]): string => readFileSync(join(FIXTURES, ...path), 'utf8');

/** `npm run accept` writes all of these anew. */
describe.each(folders)('fixtures/%s', (name) => {
  const folder = join(FIXTURES, name);
  const path = join(folder, 'policy.route');
  const entry = { name: path, base: 'policy', bytes: readFileSync(path) };
  const { artefacts, diagnostics } = compile(entry, reader(path), undefined);

  it('compiles to the artefacts beside it, and to no others', () => {
    const there = readdirSync(folder).filter(
      (file) => file.startsWith('policy.') && file !== 'policy.route',
    );
    const made = new Map(artefacts.map((each) => [`policy.${each.suffix}`, each.text]));
    expect([...made.keys()].sort()).toEqual(there.sort());
    for (const [file, made_] of made) expect(made_, file).toBe(text(name, file));
  });

  it('says what diagnostics.txt says', () => {
    const there = readdirSync(folder).includes('diagnostics.txt');
    const said = renderPretty(diagnostics).replaceAll(`${folder}/`, '');
    expect(said).toBe(there ? text(name, 'diagnostics.txt') : '');
  });
});

/** A policy, five dashes, and what is said about it. */
describe('fixtures/diagnostics', () => {
  it.each(readdirSync(join(FIXTURES, 'diagnostics')))('%s', (name) => {
    const [input = '', output] = text('diagnostics', name).split('-----\n');
    const entry = { name: '<stdin>', base: 'policy', bytes: new TextEncoder().encode(input) };
    const { diagnostics } = check(entry, reader('-'), undefined);
    expect(renderPretty(diagnostics)).toBe(output);
  });
});
