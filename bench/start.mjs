// What starting and compiling a small policy cost, as ratios to an empty node in the same run.
// The runs are interleaved and the medians compared, so a busy machine slows all of them alike.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { median } from './median.mjs';

const root = resolve(import.meta.dirname, '..');
const routec = join(root, 'dist/routec.js');
const policy = join(root, 'fixtures/howto-2006/policy.route');
const RUNS = 25;

/** Prints a table. */
export async function start() {
  const place = await mkdtemp(join(tmpdir(), 'routec-bench-'));
  const cases = [
    { name: '`node -e 0`', words: () => ['-e', '0'] },
    { name: '`routec --version`', words: () => [routec, '--version'] },
    { name: '`routec check`, the how-to', words: () => [routec, 'check', policy] },
    {
      name: '`routec compile`, the how-to, all files written',
      words: (run) => [routec, 'compile', policy, '-o', join(place, String(run))],
    },
  ].map((each) => ({ ...each, times: [] }));

  try {
    for (let run = 0; run < RUNS; run += 1) {
      for (const { words, times } of cases) {
        const begin = process.hrtime.bigint();
        await execa(process.execPath, words(run));
        times.push(Number(process.hrtime.bigint() - begin) / 1e6);
      }
    }
  } finally {
    await rm(place, { recursive: true, force: true });
  }

  const empty = median(cases[0].times);
  console.log(`Node ${process.version}, medians of ${RUNS} interleaved runs\n`);
  console.log('| whole process | ms | ratio |\n|---|---:|---:|');
  for (const { name, times } of cases) {
    const time = median(times);
    console.log(`| ${name} | ${time.toFixed(0)} | ${(time / empty).toFixed(2)} |`);
  }
}
