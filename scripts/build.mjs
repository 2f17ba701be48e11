// Builds dist/routec.js: one file without dependencies, the templates precompiled and the pages of
// `--explain` put into it, and the notices of what is bundled beside it. Runs at `npm ci`, `npm pack`
// and `npm run build`.
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { esbuildPages } from './pages-plugin.mjs';
import { esbuildTemplates } from './template-plugin.mjs';

const root = resolve(import.meta.dirname, '..');
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
const target = join(root, 'dist/routec.js');

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/main.ts'],
  outfile: target,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minify: true,
  legalComments: 'none',
  metafile: true,
  define: { ROUTEC_VERSION: JSON.stringify(version) },
  plugins: [esbuildTemplates, esbuildPages],
  // Commander is CommonJS and asks for Node's own modules by `require`.
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
  },
});
await chmod(target, 0o755);
await writeFile(
  join(root, 'dist/THIRD-PARTY-NOTICES.txt'),
  await notices(Object.keys(metafile.inputs)),
);

// npm links the commands of dependencies only; in the checkout this one should be there as well.
const bin = join(root, 'node_modules/.bin');
await mkdir(bin, { recursive: true });
await rm(join(bin, 'routec'), { force: true });
await symlink('../../dist/routec.js', join(bin, 'routec'));

/** Name, version and license text of each bundled package; a package without one is an error. */
async function notices(inputs) {
  const folders = new Set(
    inputs
      .map((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1])
      .filter((folder) => folder !== undefined),
  );
  const texts = [];
  for (const folder of [...folders].sort()) {
    const about = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'));
    const text = await licenseText(join(root, folder), about);
    texts.push(`${about.name} ${about.version} (${about.license})\n\n${text.trim()}\n`);
  }
  return `routec contains these packages.\n\n${texts.join(`\n${'-'.repeat(78)}\n\n`)}`;
}

async function licenseText(folder, about) {
  const names = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license', 'LICENSE-MIT', 'LICENCE'];
  for (const name of names) {
    try {
      return await readFile(join(folder, name), 'utf8');
    } catch {}
  }
  // Some publish only the name of a license; then that, and whose it is, is what there is to say.
  if (about.license === undefined) throw new Error(`${about.name} has no license`);
  const author = about.author?.name ?? about.author ?? 'its authors';
  return `${about.license}, by ${author}. The package holds no license text.`;
}
