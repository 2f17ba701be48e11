import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Has bash say what the processor took: in milliseconds, where `time` of GNU has hundredths, and a short load none. */
export const timing = (command, report) =>
  `{ TIMEFORMAT='%3U %3S'; time ${command} 2>/dev/null; } 2>${report}`;

/**
 * Seconds of the processor and megabytes at most of a whole process; nothing where it is not there or fails.
 *
 * @param own a file in which the process itself leaves the seconds of a part of it, by `timing`
 */
export async function timed(cwd, words, own = 'seconds') {
  const script = timing('command time -q -f %M -o kilobytes "$0" "$@"', 'seconds');
  const run = spawnSync('bash', ['-c', script, ...words], {
    cwd,
    stdio: 'ignore',
    timeout: 300_000,
  });
  if (run.status !== 0) return undefined;
  const numbersIn = async (file) =>
    (await readFile(join(cwd, file), 'utf8')).trim().split(' ').map(Number);
  const [user, system] = await numbersIn(own);
  const [kilobytes] = await numbersIn('kilobytes');
  return { seconds: user + system, megabytes: kilobytes / 1024 };
}
