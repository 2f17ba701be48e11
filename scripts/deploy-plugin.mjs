import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../deploy');
/** What code imports: the shell scripts that run on a router, which stand in deploy/. */
const NAME = 'routec:deploy';

/** All of them as an ES module that exports `DEPLOY`, by their paths below deploy/. */
async function deployModule() {
  const scripts = {};
  const files = await readdir(ROOT, { recursive: true, withFileTypes: true });
  for (const file of files.filter((each) => each.isFile())) {
    const path = join(file.parentPath, file.name);
    scripts[path.slice(ROOT.length + 1)] = await readFile(path, 'utf8');
  }
  return `export const DEPLOY = ${JSON.stringify(scripts)};\n`;
}

/** The plugin for esbuild. */
export const esbuildDeploy = {
  name: 'deploy',
  setup(build) {
    build.onResolve({ filter: new RegExp(`^${NAME}$`) }, () => ({
      path: NAME,
      namespace: 'deploy',
    }));
    build.onLoad({ filter: /.*/, namespace: 'deploy' }, async () => ({
      contents: await deployModule(),
      loader: 'js',
    }));
  },
};

/** The same for vitest. */
export const viteDeploy = {
  name: 'deploy',
  resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
  load: (id) => (id === `\0${NAME}` ? deployModule() : undefined),
};
