import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** From text to machine: what stands to the right is never imported by what stands to its left. */
const ROOMS = [
  'grammar',
  'src/policy',
  'src/model',
  'src/analysis',
  'src/emit',
  'src/plan',
  'src/page',
  'src/host',
  'src/lab',
  'src/cli',
] as const;
/** Shelves that everybody may use: they know nothing of any room. */
const EVERYBODY = [
  'src/text',
  'src/net',
  'src/bug.ts',
  'src/series.ts',
  'src/whole-numbers.ts',
] as const;

type Place =
  | (typeof ROOMS)[number]
  | (typeof EVERYBODY)[number]
  | 'src/compile.ts'
  | 'src/kinds.ts'
  | 'templates';

/** What each place may import besides itself. */
const ALLOWED: Readonly<Record<Place, readonly Place[]>> = {
  'src/bug.ts': [],
  'src/series.ts': ['src/text'],
  'src/whole-numbers.ts': ['src/bug.ts'],
  'src/text': [],
  'src/net': ['src/text', 'src/bug.ts'],
  templates: [],
  grammar: ['src/text', 'src/bug.ts', 'src/series.ts', 'src/whole-numbers.ts'],
  'src/model': [...EVERYBODY],
  'src/policy': ['grammar', 'src/model', ...EVERYBODY],
  'src/analysis': ['grammar', 'src/policy', 'src/model', ...EVERYBODY],
  'src/emit': ['src/policy', 'src/model', 'templates', ...EVERYBODY],
  'src/plan': ['grammar', 'src/policy', 'src/model', 'src/emit', ...EVERYBODY],
  // What a browser runs.
  'src/page': ['grammar', 'src/policy', 'src/model', ...EVERYBODY],
  'src/kinds.ts': [
    ...(['grammar', 'src/policy', 'src/model', 'src/analysis', 'src/emit', 'src/plan'] as const),
    ...EVERYBODY,
  ],
  'src/compile.ts': [
    ...(['grammar', 'src/policy', 'src/model', 'src/analysis', 'src/emit', 'src/plan'] as const),
    ...(['src/kinds.ts', ...EVERYBODY] as const),
  ],
  'src/host': [
    ...(['grammar', 'src/policy', 'src/model', 'src/emit', 'src/plan'] as const),
    ...(['src/compile.ts', ...EVERYBODY] as const),
  ],
  'src/lab': [
    ...(['grammar', 'src/policy', 'src/model', 'src/emit', 'src/plan', 'src/host'] as const),
    ...(['src/compile.ts', ...EVERYBODY] as const),
  ],
  'src/cli': [
    ...(['grammar', 'src/policy', 'src/model', 'src/emit', 'src/plan', 'src/host'] as const),
    ...(['src/analysis', 'src/page', 'src/lab', 'src/compile.ts', 'src/kinds.ts'] as const),
    ...EVERYBODY,
  ],
};

/** Where the machine may be touched: files, processes, the network, the clock of the system. */
const OUTSIDE: readonly Place[] = ['src/host', 'src/lab', 'src/cli'];
/** Pure modules of Node. */
const PURE = ['node:crypto'];
/** Packages that only some places may use. */
const PACKAGES: Readonly<Record<string, readonly Place[]>> = {
  chevrotain: ['grammar'],
  execa: OUTSIDE,
  commander: ['src/cli'],
  '@noble/hashes': ['src/page'],
  'routec:pages': ['src/cli'],
};

interface Import {
  readonly file: string;
  readonly target: string;
}

function files(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((each) => {
    const path = `${folder}/${each.name}`;
    if (each.isDirectory()) return files(path);
    return /\.ts$/.test(each.name) && !/\.d\.ts$/.test(each.name) ? [path] : [];
  });
}

const STATEMENT =
  /^(?:import|export)\s+(?:type\s+)?(?:(?:\{[^}]*\}|[^'"{};]*?(?:\{[^}]*\})?)\s+from\s+)?['"]([^'"]+)['"]/gm;

/** The imports of a text, of types too: `export ... from`, `import('...')` and `require` among them. */
function importsOf(file: string, text: string): Import[] {
  const out: Import[] = [];
  for (const [, target] of text.matchAll(STATEMENT)) out.push({ file, target: target as string });
  for (const [, target] of text.matchAll(/\b(?:import|require)\s*\(\s*['"`]([^'"`]+)['"`]/g)) {
    out.push({ file, target: target as string });
  }
  return out;
}

const PLACES = Object.keys(ALLOWED) as Place[];

function placeOf(path: string): Place | undefined {
  return PLACES.find((place) => path === place || path.startsWith(`${place}/`));
}

/** What is wrong with an import, if anything is. */
function fault({ file, target }: Import): string | undefined {
  const from = placeOf(file);
  const test = file.endsWith('.test.ts');
  if (from === undefined) return `${file} stands in no room`;
  const said = `${file} imports ${target}`;
  if (target.startsWith('.')) {
    const path = relative(ROOT, join(ROOT, dirname(file), target))
      .split(sep)
      .join('/');
    const to = placeOf(path);
    if (to === 'src/cli' && from !== 'src/cli') return `${said}: nothing imports src/cli`;
    // A test may look at the work of its room through all that is in front of it.
    if (test) return undefined;
    if (to === undefined) return `${said}, which stands in no room`;
    if (to === from || ALLOWED[from].includes(to)) return undefined;
    return `${said}: ${from} may not import ${to}`;
  }
  if (test) return undefined;
  const bare = target.replace(/^((?:@[^/]+\/)?[^/]+).*/, '$1');
  if (target.startsWith('node:')) {
    if (PURE.includes(target) || OUTSIDE.includes(from)) return undefined;
    return `${said}: only ${OUTSIDE.join(', ')} touch the machine`;
  }
  const only = Object.hasOwn(PACKAGES, bare) ? PACKAGES[bare] : undefined;
  if (only !== undefined && !only.includes(from)) return `${said}: only ${only.join(', ')} may`;
  return undefined;
}

const sources = [...files('grammar'), ...files('src')]
  .filter((file) => file.split('/').length > 2 || file.startsWith('grammar/') || !isTest(file))
  .map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }));

function isTest(file: string): boolean {
  return file.endsWith('.test.ts');
}

describe('the walls between the rooms', () => {
  it('every file stands in a room', () => {
    const lost = sources.filter(({ file }) => placeOf(file) === undefined);
    expect(lost.map(({ file }) => file)).toEqual([]);
  });

  it('no import goes through one', () => {
    const faults = sources.flatMap(({ file, text }) => importsOf(file, text).map(fault));
    expect(faults.filter((each) => each !== undefined)).toEqual([]);
  });

  it('what no import shows is not used either: process, and the clock', () => {
    const inside = sources.filter(({ file }) => {
      const place = placeOf(file);
      return !isTest(file) && place !== undefined && !OUTSIDE.includes(place);
    });
    const found = inside.filter(({ text }) =>
      /\b(?:process\.|globalThis\.|Math\.random|Date\.now|new Date\(|fetch\(|performance\.)/.test(
        text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''),
      ),
    );
    expect(found.map(({ file }) => file)).toEqual([]);
  });

  it('relative imports name the file, and every one is found', () => {
    const all = new Set(sources.map(({ file }) => file));
    for (const { file, text } of sources) {
      for (const { target } of importsOf(file, text)) {
        if (!target.startsWith('.') || isTest(file)) continue;
        expect(target).toMatch(/\.(ts|hbs)$/);
        const path = relative(ROOT, join(ROOT, dirname(file), target))
          .split(sep)
          .join('/');
        if (target.endsWith('.ts')) expect(all).toContain(path);
      }
    }
  });

  it('the shelves know no room, and rooms look to the left but for the model', () => {
    for (const shelf of EVERYBODY) {
      for (const to of ALLOWED[shelf]) expect(EVERYBODY).toContain(to);
    }
    ROOMS.forEach((room, index) => {
      const right = ROOMS.slice(index + 1).filter((other) => ALLOWED[room].includes(other));
      // A policy is lowered to the model, which knows nothing of where it came from.
      expect(right).toEqual(room === 'src/policy' ? ['src/model'] : []);
    });
  });
});

describe('the look at imports', () => {
  it('sees all their forms', () => {
    const text = [
      "import a from './a.ts';",
      "import * as b from './b.ts';",
      "import type { C } from './c.ts';",
      "import { type D, type DD } from './d.ts';",
      "import {\n  e,\n  type E,\n} from './e.ts';",
      "import './f.ts';",
      "export { g } from './g.ts';",
      "export * from './h.ts';",
      "import i, { type I } from './i.ts';",
      "const j = await import('./j.ts');",
    ].join('\n');
    expect(importsOf('x.ts', text).map(({ target }) => target)).toEqual([
      './a.ts',
      './b.ts',
      './c.ts',
      './d.ts',
      './e.ts',
      './f.ts',
      './g.ts',
      './h.ts',
      './i.ts',
      './j.ts',
    ]);
    expect(sources.flatMap(({ file, text: its }) => importsOf(file, its)).length).toBeGreaterThan(
      100,
    );
  });

  it.each([
    ['src/net/x.ts', '../policy/kinds.ts', false],
    ['src/net/x.ts', 'node:fs', false],
    ['src/text/x.ts', '../net/address.ts', false],
    ['src/text/x.ts', './source.ts', true],
    ['src/net/x.ts', '../text/nearest.ts', true],
    ['src/model/x.ts', '../policy/policy.ts', false],
    ['src/model/x.ts', '../../grammar/tree.ts', false],
    ['src/policy/checks/x.ts', '../../../grammar/tree.ts', true],
    ['src/policy/x.ts', '../model/program.ts', true],
    ['src/policy/x.ts', '../emit/artefact.ts', false],
    ['src/policy/x.ts', 'node:crypto', true],
    ['src/policy/x.ts', 'node:child_process', false],
    ['src/policy/x.ts', 'chevrotain', false],
    ['grammar/x.ts', 'chevrotain', true],
    ['grammar/x.ts', '../src/text/source.ts', true],
    ['grammar/x.ts', '../src/net/port.ts', false],
    ['src/emit/nftables/x.ts', '../../policy/policy.ts', true],
    ['src/emit/nftables/x.ts', '../../host/read-file.ts', false],
    ['src/emit/nftables/x.ts', '../../../templates/nftables.hbs', true],
    ['src/host/x.ts', '../cli/io.ts', false],
    ['src/host/x.ts', 'node:fs', true],
    ['src/host/x.ts', 'execa', true],
    ['src/emit/x.ts', 'execa', false],
    ['src/lab/x.ts', '../host/read-file.ts', true],
    ['src/cli/x.ts', '../lab/x.ts', true],
    ['src/compile.ts', './policy/load.ts', true],
    ['src/compile.ts', './host/read-file.ts', false],
    ['src/policy/x.test.ts', 'node:fs', true],
    ['src/policy/x.test.ts', '../compile.ts', true],
    ['src/policy/x.test.ts', '../cli/io.ts', false],
    ['src/attic/x.ts', './y.ts', false],
  ])('%s imports %s: %s', (file, target, fine) => {
    expect(fault({ file, target }) === undefined).toBe(fine);
  });
});
