import { readFile } from 'node:fs/promises';

/** Packages that take long to set up, for what few runs need, with the one function of each that is used. */
const LAZY = { 'string-width': 'default', picocolors: 'createColors' };
/** What other packages do at the start for what few runs need, and what stands in its place. */
const PATCHES = [
  {
    file: /\/commander\/lib\/command\.js$/,
    changes: [
      ["const childProcess = require('node:child_process');", ''],
      ['childProcess.spawn', "require('node:child_process').spawn"],
    ],
  },
  {
    // A table of 65,536 numbers.
    file: /\/chevrotain\/lib\/src\/scan\/lexer\.js$/,
    changes: [
      ['charCodeToOptimizedIdxMap[charCode]', '255 + ~~(charCode / 255)'],
      [' initCharCodeToOptimizedIndexMap();', ''],
    ],
  },
];

/** The plugin for esbuild: these are set up at the first call, not at the start. */
export const esbuildLazy = {
  name: 'lazy',
  setup(build) {
    const filter = new RegExp(`^(${Object.keys(LAZY).join('|')})$`);
    build.onResolve({ filter }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'lazy' } : undefined,
    );
    build.onLoad({ filter, namespace: 'lazy' }, ({ path }) => ({
      contents: `const it = (...args) => require('${path}').${LAZY[path]}(...args);
export { it as ${LAZY[path]} };\n`,
      resolveDir: build.initialOptions.absWorkingDir,
    }));
    for (const { file, changes } of PATCHES) {
      build.onLoad({ filter: file }, async ({ path }) => {
        let contents = await readFile(path, 'utf8');
        for (const [before, after] of changes) {
          if (!contents.includes(before)) throw new Error(`${path} has no \`${before}\` any more`);
          contents = contents.replaceAll(before, after);
        }
        return { contents };
      });
    }
  },
};
