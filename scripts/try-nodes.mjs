// Tries the bundle on other Node versions: npm's `node` package ships them, one package a platform.
// Each compiles the fixtures again and must find them as they are committed.
import { copyFile, cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';

const root = resolve(import.meta.dirname, '..');
const versions = process.argv.slice(2);
if (versions.length === 0) versions.push('20.19', '22', '24');
const place = await mkdtemp(join(tmpdir(), 'routec-nodes-'));
let failed = 0;
try {
  for (const version of versions) {
    const folder = join(place, version);
    const name = `node-${process.platform}-${process.arch}`;
    await execa('npm', ['install', '--prefix', folder, '--no-save', `${name}@${version}`]);
    const node = join(folder, 'node_modules', name, 'bin/node');
    const { stdout: exact } = await execa(node, ['--version']);
    const problems = await tryWith(node, join(folder, 'fixtures'));
    failed += problems.length;
    console.log(`${exact}: ${problems.length === 0 ? 'ok' : problems.join('\n')}`);
  }
} finally {
  await rm(place, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;

async function tryWith(node, copies) {
  const problems = [];
  for (const name of await readdir(join(root, 'fixtures'))) {
    const fixture = join(root, 'fixtures', name);
    if (!(await readdir(fixture)).includes('policy.manifest.json')) continue;
    const folder = join(copies, name);
    await cp(fixture, folder, { recursive: true });
    // The same for all, so the fixtures do without.
    await copyFile(join(root, 'deploy/load.sh'), join(folder, 'policy.load.sh'));
    const run = await execa(
      node,
      [join(root, 'dist/routec.js'), 'compile', 'policy.route', '--check'],
      {
        cwd: folder,
        reject: false,
      },
    );
    if (run.exitCode !== 0)
      problems.push(`${name}: exit ${run.exitCode}\n${run.stdout}${run.stderr}`);
  }
  return problems;
}
