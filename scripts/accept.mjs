// Takes what the bundle says today as what it should say: the artefacts and diagnostics of all
// fixtures are written anew. Read the diff before it is committed.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';

const root = resolve(import.meta.dirname, '..');
const routec = join(root, 'dist/routec.js');
const fixtures = join(root, 'fixtures');
const SEPARATOR = '-----\n';

for (const name of await readdir(fixtures)) {
  if (name === 'diagnostics') continue;
  const cwd = join(fixtures, name);
  for (const file of await readdir(cwd)) {
    const written = file.startsWith('policy.') && file !== 'policy.route';
    if (written || file === 'diagnostics.txt') await rm(join(cwd, file));
  }
  const { stderr } = await execa(process.execPath, [routec, 'compile', 'policy.route'], { cwd });
  const said = stderr.replace(/(^|\n)\S+: \d+ files, .*$/, '$1');
  if (said.trim() !== '') await writeFile(join(cwd, 'diagnostics.txt'), said);
}
for (const name of await readdir(join(fixtures, 'diagnostics'))) {
  const path = join(fixtures, 'diagnostics', name);
  const [input] = (await readFile(path, 'utf8')).split(SEPARATOR);
  const run = await execa(process.execPath, [routec, 'check', '-'], { input, reject: false });
  await writeFile(path, `${input}${SEPARATOR}${run.stderr}\n`.replace(/\n+$/, '\n'));
}
