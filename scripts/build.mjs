// Builds dist/: main.js and more.js, all of routec without dependencies, the templates precompiled and the pages
// of `--explain` put into it; routec.js, which runs it; the code that this Node makes of both, for a fast start;
// page.html, which `routec graph` fills; and the notices of what is bundled. Runs at `npm ci`, `npm pack`
// and `npm run build`.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { makePacks } from './make-packs.mjs';
import { makePage } from './make-page.mjs';

const root = resolve(import.meta.dirname, '..');
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
const dist = join(root, 'dist');
await rm(dist, { recursive: true, force: true });
await mkdir(dist);

const { metafile, packs } = await makePacks(root, version);
let launcher = await readFile(join(root, 'scripts/launch.cjs'), 'utf8');
const hashes = {};
for (const [name, text] of Object.entries(packs)) {
  await writeFile(join(dist, name), text);
  hashes[name] = createHash('sha256').update(text).digest('hex').slice(0, 12);
  launcher = launcher.replace(`HASH_OF_${name}`, hashes[name]);
}
await writeFile(join(dist, 'routec.js'), launcher, { mode: 0o755 });
// The package's other files are modules.
await writeFile(join(dist, 'package.json'), '{ "type": "commonjs" }\n');
const page = await makePage();
await writeFile(join(dist, 'page.html'), page.text);
await makeCodeCaches();
await writeFile(
  join(root, 'dist/THIRD-PARTY-NOTICES.txt'),
  await notices([...Object.keys(metafile.inputs), ...page.inputs]),
);

// npm links the commands of dependencies only; in the checkout this one should be there as well.
const bin = join(root, 'node_modules/.bin');
await mkdir(bin, { recursive: true });
await rm(join(bin, 'routec'), { force: true });
await symlink('../../dist/routec.js', join(bin, 'routec'));

/** From a compile of the how-to, whose start is what everybody waits for, and a question to it, which loads the rest. */
async function makeCodeCaches() {
  const place = await mkdtemp(join(tmpdir(), 'routec-build-'));
  const policy = join(root, 'fixtures/howto-2006/policy.route');
  const usual = {
    'main.js': ['compile', policy, '-o', place],
    'more.js': ['explain', policy, 'from 192.168.0.228 to 203.0.113.80 tcp 80'],
  };
  const { version: node, platform, arch } = process;
  try {
    for (const [pack, words] of Object.entries(usual)) {
      const cache = join(dist, `${hashes[pack]}-${node}-${platform}-${arch}.cache`);
      const script = join(root, 'scripts/make-code-cache.cjs');
      await execa(process.execPath, [script, join(dist, 'routec.js'), pack, cache, ...words]);
    }
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

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
