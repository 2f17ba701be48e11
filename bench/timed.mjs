import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Seconds of the processor and megabytes at most of a whole process; nothing where it is not there or fails.
 *
 * @param own a file in which the process itself leaves them, of a part of it
 */
export async function timed(cwd, [command, ...words], own = 'time') {
  const report = join(cwd, 'time');
  const run = spawnSync('time', ['-f', '%U %S %M', '-o', report, command, ...words], {
    cwd,
    stdio: 'ignore',
    timeout: 300_000,
  });
  if (run.status !== 0) return undefined;
  const [user, system, kilobytes] = (await readFile(join(cwd, own), 'utf8'))
    .trim()
    .split(' ')
    .map(Number);
  return { seconds: user + system, megabytes: kilobytes / 1024 };
}
