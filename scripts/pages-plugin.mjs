import { readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
/** What code imports: the pages of `--explain`, which stand as Markdown beside what they explain. */
const NAME = 'routec:pages';

/** All pages as an ES module that exports `pages`, which says them by slug: the name of the file. */
async function pagesModule() {
  const pages = {};
  for (const room of ['grammar', 'src']) {
    const files = await readdir(join(ROOT, room), { recursive: true });
    for (const file of files.filter((each) => each.endsWith('.md')).sort()) {
      pages[basename(file, '.md')] = await readFile(join(ROOT, room, file), 'utf8');
    }
  }
  return `export const pages = () => (${JSON.stringify(pages)});\n`;
}

/** The plugin for esbuild. */
export const esbuildPages = {
  name: 'pages',
  setup(build) {
    build.onResolve({ filter: new RegExp(`^${NAME}$`) }, () => ({
      path: NAME,
      namespace: 'pages',
    }));
    build.onLoad({ filter: /.*/, namespace: 'pages' }, async () => ({
      contents: await pagesModule(),
      loader: 'js',
    }));
  },
};

/** The same for vitest. */
export const vitePages = {
  name: 'pages',
  resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
  load: (id) => (id === `\0${NAME}` ? pagesModule() : undefined),
};
