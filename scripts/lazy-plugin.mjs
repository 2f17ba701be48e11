/** Packages with one function that take long to set up, for what few runs need. */
const LAZY = /^string-width$/;

/** The plugin for esbuild: these are set up at the first call, not at the start. */
export const esbuildLazy = {
  name: 'lazy',
  setup(build) {
    build.onResolve({ filter: LAZY }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'lazy' } : undefined,
    );
    build.onLoad({ filter: LAZY, namespace: 'lazy' }, ({ path }) => ({
      contents: `let it;\nexport default (...args) => (it ??= require('${path}').default)(...args);\n`,
      resolveDir: build.initialOptions.absWorkingDir,
    }));
  },
};
