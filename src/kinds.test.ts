import { pages } from 'routec:pages';
import { describe, expect, it } from 'vitest';
import { noteLayout } from '../grammar/note-layout.ts';
import { type Compiled, check, compile } from './compile.ts';
import { BACKEND_NAMES } from './emit/backends.ts';
import { readManifest } from './emit/manifest/read-manifest.ts';
import { KINDS } from './kinds.ts';
import type { Lock } from './model/program.ts';
import type { ReadResult } from './policy/load.ts';
import type { Diagnostic } from './text/diagnostic.ts';
import { renderConcise } from './text/render-concise.ts';

/** What no page can show, for its length: it is made here. */
const TOO_LONG: Readonly<Record<string, string>> = {
  'too-many-files': 'include "0.route"\n',
  'too-many-words': '# '.repeat(2 ** 22 + 1),
  'not-decided': [
    'uplink dsl dev eth3 gateway 192.0.2.1 masquerade',
    ...Array.from({ length: 400 }, (_, index) => `route ipv4 tcp ${index + 1} via drop`),
    'route ipv4 tcp 1-400 via dsl\n',
  ].join('\n'),
  'deep-set': [
    ...Array.from({ length: 102 }, (_, index) => `set s${100 + index} = @s${101 + index}`),
    'set s202 = 192.0.2.1\nroute from @s100 via drop\n',
  ].join('\n'),
};

/** A page's examples: `route wrong|right|before [with CODE] [for BACKEND]`, and `text FILE`. */
interface Example {
  readonly info: string;
  readonly text: string;
}

function examplesOf(page: string): Example[] {
  return [...page.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(([, info = '', text = '']) => ({
    info,
    text,
  }));
}

/** Symbols stand for what a page can't hold: a lone carriage return, and a byte that is no UTF-8. */
function bytesOf(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(
    text.replaceAll('\u240d', '\r').replaceAll('\ufffd', '\u0000'),
  );
  return bytes.map((byte) => (byte === 0 ? 0xff : byte));
}

const named = KINDS.map((kind) => [`${kind.code} ${kind.slug}`, kind] as const);
describe.each(named)('%s', (heading, { code, slug, severity }) => {
  const page = pages()[slug] ?? '';
  const examples = examplesOf(page);
  const entry = (text: string) => ({ name: 'policy.route', base: 'policy', bytes: bytesOf(text) });
  /** All that `routec check` says. */
  const look = ({ info, text }: Example): Diagnostic[] => {
    const backend = BACKEND_NAMES.find((name) => info.endsWith(` for ${name}`));
    const { diagnostics, sources } = check(entry(text), read, lock, backend);
    return [...diagnostics, ...sources.flatMap(noteLayout)];
  };
  const read = (path: string): ReadResult => {
    const deep = /^(\d+)\.route$/.exec(path);
    const text =
      deep === null
        ? examples.find(({ info }) => info === `text ${path}`)?.text
        : `include "${Number(deep[1]) + 1}.route"\n`;
    if (text === undefined) return { refused: 'there is no such file' };
    return { bytes: bytesOf(text), quotable: true };
  };
  const before = examples.find(({ info }) => info === 'route before');
  const lock = before && lockOf(compile(entry(before.text), read, undefined));

  it('has a page, and a short one', () => {
    expect(page.split('\n')[0]).toBe(`# ${heading}`);
    expect(page.split('\n').length).toBeLessThan(50);
    for (const line of page.split('\n')) {
      if (!/^(set|route|uplink) /.test(line)) expect(line.length).toBeLessThanOrEqual(80);
    }
    for (const { info } of examples) {
      expect(info).toMatch(
        /^(route (wrong|right|before)( with RC\d{3})?( for [a-z]+)?|text [a-z.]+)$/,
      );
    }
  });

  const wrong = examples.filter(({ info }) => info.startsWith('route wrong'));
  const more = TOO_LONG[slug];
  if (more !== undefined) wrong.push({ info: 'route wrong', text: more });

  it('what is wrong is found, and nothing else', () => {
    expect(wrong).not.toEqual([]);
    for (const example of wrong) {
      const found = look(example);
      const others = [...example.info.matchAll(/ with (RC\d{3})/g)].map(([, other]) => other);
      const codes = new Set(found.map((each) => each.code));
      expect([...codes].sort(), renderConcise(found)).toEqual([code, ...others].sort());
      for (const each of found) {
        if (each.code === code) expect(each).toMatchObject({ slug, severity });
      }
    }
  });

  it('and of what is right nothing is said', () => {
    const right = examples.filter(({ info }) => info.startsWith('route right'));
    expect(right).not.toEqual([]);
    for (const example of right) expect(renderConcise(look(example))).toBe('');
  });
});

function lockOf({ artefacts }: Compiled): Lock {
  const text = artefacts.find(({ suffix }) => suffix === 'manifest.json')?.text ?? '';
  const manifest = readManifest(text);
  if ('wrong' in manifest) throw new Error(manifest.wrong);
  return manifest.lock;
}

describe('all kinds', () => {
  it('have a code and a slug of their own, in order', () => {
    const codes = KINDS.map(({ code }) => code);
    expect(codes).toEqual([...new Set(codes)].sort());
    expect(new Set(KINDS.map(({ slug }) => slug)).size).toBe(KINDS.length);
    for (const { code, slug, title } of KINDS) {
      expect(code).toMatch(/^RC[0-5]\d\d$/);
      expect(slug).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
      expect(title).not.toMatch(/\.$|^$/);
    }
  });

  it('have the pages, and no page is left over', () => {
    expect(Object.keys(pages()).sort()).toEqual(KINDS.map(({ slug }) => slug).sort());
  });
});
