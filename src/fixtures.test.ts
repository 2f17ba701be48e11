import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { format } from '../grammar/format.ts';
import { noteLayout } from '../grammar/note-layout.ts';
import { bug } from './bug.ts';
import { check, compile } from './compile.ts';
import { BACKEND_NAMES } from './emit/backends.ts';
import { reader } from './host/read-file.ts';
import { judgeExpects } from './policy/judge-expects.ts';
import { renderPretty } from './text/render-pretty.ts';
import { sortDiagnostics } from './text/sort-diagnostics.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');
const folders = readdirSync(FIXTURES).filter((name) => !['diagnostics', 'format'].includes(name));
const text = (...path: string[]): string => readFileSync(join(...path), 'utf8');

/** `npm run accept` writes all of these anew: for nft beside the policy, for iptables in a folder of its own. */
describe.each(folders)('fixtures/%s', (name) => {
  const path = join(FIXTURES, name, 'policy.route');
  const entry = { name: path, base: 'policy', bytes: readFileSync(path) };

  it('does what it expects of itself', () => {
    const { policy, program } = check(entry, reader(path), undefined);
    const { expects } = judgeExpects(policy, program ?? bug('a fixture that is wrong'));
    const others = expects.filter(({ judgement }) => judgement.kind !== 'holds');
    expect(others.map(({ expect: { statement } }) => statement.text)).toEqual([]);
  });

  describe.each(BACKEND_NAMES)('%s', (backend) => {
    const folder = backend === 'nft' ? join(FIXTURES, name) : join(FIXTURES, name, backend);
    const { artefacts, diagnostics } = compile(entry, reader(path), undefined, backend);

    it('compiles to the artefacts that are there, and to no others', () => {
      const there = readdirSync(folder).filter(
        (file) => file.startsWith('policy.') && file !== 'policy.route',
      );
      // The loader is the same for all: one is enough, in deploy/.
      const made = new Map(
        artefacts
          .filter(({ suffix }) => suffix !== 'load.sh')
          .map((each) => [`policy.${each.suffix}`, each.text]),
      );
      expect([...made.keys()].sort()).toEqual(there.sort());
      for (const [file, made_] of made) expect(made_, file).toBe(text(folder, file));
    });

    it('says what diagnostics.txt says', () => {
      const there = readdirSync(folder).includes('diagnostics.txt');
      const said = renderPretty(diagnostics).replaceAll(`${join(FIXTURES, name)}/`, '');
      expect(said).toBe(there ? text(folder, 'diagnostics.txt') : '');
    });
  });
});

/** A policy, five dashes, and what is said about it. */
describe('fixtures/diagnostics', () => {
  it.each(readdirSync(join(FIXTURES, 'diagnostics')))('%s', (name) => {
    const [input = '', output] = text(FIXTURES, 'diagnostics', name).split('-----\n');
    const entry = { name: '<stdin>', base: 'policy', bytes: new TextEncoder().encode(input) };
    const { diagnostics, sources } = check(entry, reader('-'), undefined);
    const all = sortDiagnostics([...diagnostics, ...sources.flatMap(noteLayout)]);
    expect(renderPretty(all)).toBe(output);
  });
});

/** A policy, five dashes, and how it is formatted. */
describe('fixtures/format', () => {
  it.each(readdirSync(join(FIXTURES, 'format')))('%s', (name) => {
    const [input = '', output = ''] = text(FIXTURES, 'format', name).split('-----\n');
    const formatted = (its: string) => format({ name: '<stdin>', text: its, quotable: true });
    expect(formatted(input)).toEqual({ text: output });
    expect(formatted(output)).toEqual({ text: output });
  });
});
