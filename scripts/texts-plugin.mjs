import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');

/** The files of a folder as an ES module that exports them by their paths in it. */
function textsOf(name, folder, exported, keep = () => true) {
  const load = async () => {
    const texts = {};
    const files = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
    for (const file of files.filter((each) => each.isFile() && keep(each.name))) {
      const path = join(file.parentPath, file.name);
      texts[path.slice(join(ROOT, folder).length + 1)] = await readFile(path, 'utf8');
    }
    return `export const ${exported} = ${JSON.stringify(texts)};\n`;
  };
  return { name, load };
}

/** What code imports: the shell scripts that run on a router, and what runs in a namespace of the lab. */
const MODULES = [
  textsOf('routec:deploy', 'deploy', 'DEPLOY'),
  textsOf('routec:lab', 'src/lab', 'SCRIPTS', (file) =>
    /^(agent|read-counters|send-raw)\.pl$/.test(file),
  ),
];

/** The plugin for esbuild. */
export const esbuildTexts = {
  name: 'texts',
  setup(build) {
    for (const { name, load } of MODULES) {
      build.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: name, namespace: name }));
      build.onLoad({ filter: /.*/, namespace: name }, async () => ({
        contents: await load(),
        loader: 'js',
      }));
    }
  },
};

/** The same for vitest. */
export const viteTexts = {
  name: 'texts',
  resolveId: (id) => (MODULES.some(({ name }) => name === id) ? `\0${id}` : undefined),
  load: (id) => MODULES.find(({ name }) => `\0${name}` === id)?.load(),
};
