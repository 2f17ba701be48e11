import { readFile } from 'node:fs/promises';
import handlebars from 'handlebars';

/**
 * One Handlebars template as an ES module that exports `render(view)`.
 * Precompiled, so what ships holds no template compiler; `strict` turns a missing value into an
 * error, and `knownHelpersOnly` keeps logic out of the templates.
 */
export function templateModule(source) {
  const spec = handlebars.precompile(source, {
    strict: true,
    noEscape: true,
    knownHelpersOnly: true,
    explicitPartialContext: true,
  });
  return `import runtime from 'handlebars/runtime.js';\nexport const render = runtime.template(${spec});\n`;
}

/** The plugin for esbuild: `import { render } from 'x.hbs'`. */
export const esbuildTemplates = {
  name: 'handlebars',
  setup(build) {
    build.onLoad({ filter: /\.hbs$/ }, async ({ path }) => ({
      contents: templateModule(await readFile(path, 'utf8')),
      loader: 'js',
    }));
  },
};

/** The same for vitest. */
export const viteTemplates = {
  name: 'handlebars',
  enforce: 'pre',
  transform: (source, id) => (id.endsWith('.hbs') ? templateModule(source) : undefined),
};
