// Takes what the bundle says today as what it should say: the artefacts and diagnostics of all
// fixtures are written anew. Read the diff before it is committed.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';

const root = resolve(import.meta.dirname, '..');
const routec = join(root, 'dist/routec.js');
const fixtures = join(root, 'fixtures');
const SEPARATOR = '-----\n';

for (const name of await readdir(fixtures)) {
  if (name === 'diagnostics' || name === 'format') continue;
  const cwd = join(fixtures, name);
  for (const file of await readdir(cwd)) {
    const written = file.startsWith('policy.') && file !== 'policy.route';
    if (written || file === 'diagnostics.txt') await rm(join(cwd, file));
  }
  await compile(cwd, '.', 'nft');
  await rm(join(cwd, 'iptables'), { recursive: true, force: true });
  await compile(cwd, 'iptables', 'iptables');
}
for (const name of await readdir(join(fixtures, 'diagnostics'))) {
  await accept(join(fixtures, 'diagnostics', name), 'check', 'stderr');
}
for (const name of await readdir(join(fixtures, 'format'))) {
  await accept(join(fixtures, 'format', name), 'fmt', 'stdout');
}

/** Compiles a fixture into a folder; what is said is written there too. */
async function compile(cwd, folder, backend) {
  const command = [routec, 'compile', 'policy.route', '-o', folder, '--backend', backend];
  const { stderr } = await execa(process.execPath, command, { cwd, reject: false });
  // It is the same for all, and stands in deploy/.
  await rm(join(cwd, folder, 'policy.load.sh'), { force: true });
  const said = stderr.replace(/(^|\n)\S+: \d+ files, .*$/, '$1');
  await mkdir(join(cwd, folder), { recursive: true });
  if (said.trim() !== '')
    await writeFile(join(cwd, folder, 'diagnostics.txt'), said.replace(/\n*$/, '\n'));
}

/** A file that holds what goes in, five dashes, and what comes out. */
async function accept(path, command, stream) {
  const [input] = (await readFile(path, 'utf8')).split(SEPARATOR);
  const run = await execa(process.execPath, [routec, command, '-'], { input, reject: false });
  await writeFile(path, `${input}${SEPARATOR}${run[stream]}\n`.replace(/\n+$/, '\n'));
}
