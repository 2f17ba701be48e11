import { join } from 'node:path';
import { build, transform } from 'esbuild';
import { esbuildLazy } from './lazy-plugin.mjs';
import { esbuildPages } from './pages-plugin.mjs';
import { esbuildTemplates } from './template-plugin.mjs';
import { esbuildTexts } from './texts-plugin.mjs';

/** What everybody waits for: all that its start needs is in one pack. */
const USUAL = 'src/cli/commands/compile.ts';
const ENTRY = 'src/cli/main.ts';

/**
 * Has all that is loaded on use load what is usual, too: that is one chunk then. Calls from one chunk into another go
 * through two getters, and each chunk makes its own.
 */
const withUsual = {
  name: 'with-usual',
  setup(build) {
    const { absWorkingDir } = build.initialOptions;
    const usual = join(absWorkingDir, USUAL);
    build.onResolve({ filter: /^\./ }, ({ path, kind, resolveDir }) => {
      const file = join(resolveDir, path);
      if (kind !== 'dynamic-import' || file === usual) return undefined;
      return { path: file, namespace: 'with-usual' };
    });
    build.onLoad({ filter: /./, namespace: 'with-usual' }, ({ path }) => ({
      contents: `import '${usual}';\nexport * from '${path}';\n`,
      resolveDir: absWorkingDir,
    }));
  },
};

/**
 * All of routec without dependencies, cut where a command loads what it alone needs: the chunks of `compile`
 * in one pack, `main`, all others in another, `more`. A pack is an expression: an object of CommonJS
 * functions, by chunk.
 */
export async function makePacks(root, version) {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { main: ENTRY },
    outdir: '.',
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minify: true,
    legalComments: 'none',
    metafile: true,
    define: { ROUTEC_VERSION: JSON.stringify(version) },
    plugins: [esbuildTemplates, esbuildPages, esbuildTexts, esbuildLazy, withUsual],
  });
  const chunks = Object.entries(metafile.outputs);
  const chunkOf = (entry) => chunks.find(([, { entryPoint }]) => entryPoint === entry)[0];
  const usual = new Set();
  const add = (chunk) => {
    if (usual.has(chunk)) return;
    usual.add(chunk);
    for (const { path, kind } of metafile.outputs[chunk]?.imports ?? [])
      if (kind === 'import-statement') add(path);
  };
  add(chunkOf(ENTRY));
  add(chunkOf(USUAL));

  const packs = { 'main.js': [], 'more.js': [] };
  for (const [chunk] of chunks) {
    const { text } = outputFiles.find(({ path }) => path === join(root, chunk));
    const { code } = await transform(text, {
      format: 'cjs',
      platform: 'node',
      target: 'node20.19',
      supported: { 'dynamic-import': false },
      minify: true,
    });
    const pack = packs[usual.has(chunk) ? 'main.js' : 'more.js'];
    pack.push(`${JSON.stringify(`./${chunk}`)}(require,module,exports){${code}}`);
  }
  for (const name of Object.keys(packs)) packs[name] = `({${packs[name].join(',\n')}})\n`;
  return { metafile, packs };
}
