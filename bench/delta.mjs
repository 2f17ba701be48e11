// What one rule more among 100,000 costs: loading only what it changes, as `routec apply` does, against loading the
// whole ruleset; and compiling and loading the change against compiling and loading all of it where nothing was.
// In network namespaces; times are of the processor, of whole processes, and the least of some runs.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openSource } from '../scripts/open-source.mjs';
import { timed, timing } from './timed.mjs';

const routec = resolve(import.meta.dirname, '../dist/routec.js');
const COUNT = 100_000;
const RUNS = 3;

const quad = (address) => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
const policy = (count) =>
  [
    'uplink cable dev eth2 gateway 198.51.100.1 masquerade',
    'uplink dsl dev eth3 gateway 192.0.2.1 snat 192.0.2.2',
    ...Array.from(
      { length: count },
      (_, at) => `route host ${quad(0x0a000000 + at)} via ${at % 2 === 0 ? 'cable' : 'dsl'}`,
    ),
    '',
  ].join('\n');

/** Prints a table. */
export async function delta() {
  const place = await mkdtemp(join(tmpdir(), 'routec-bench-'));
  const source = await openSource();
  try {
    const least = {};
    const note = (name, time) => {
      if (time === undefined) throw new Error(`${name} failed`);
      least[name] = Math.min(least[name] ?? Infinity, time.seconds);
    };
    const compile = (out) =>
      timed(place, [process.execPath, routec, 'compile', 'p.route', '-o', out]);
    for (let run = 0; run < RUNS; run += 1) {
      await rm(join(place, 'out'), { recursive: true, force: true });
      await writeFile(join(place, 'p.route'), policy(COUNT));
      await compile('out');
      await writeFile(join(place, 'p.route'), policy(COUNT + 1));
      note('again', await compile('out'));
      await rm(join(place, 'fresh'), { recursive: true, force: true });
      note('scratch', await compile('fresh'));
      await writeFile(join(place, 'p.route'), policy(COUNT));
      await compile('out');
      const change = await difference(source, join(place, 'out/p.nft'), join(place, 'fresh/p.nft'));
      await writeFile(join(place, 'change.nft'), change);
      note('full', await loaded(place, ['fresh/p.nft']));
      note('part', await loaded(place, ['out/p.nft', 'change.nft']));
    }
    print(least);
  } finally {
    await source.close();
    await rm(place, { recursive: true, force: true });
  }
}

/** The transaction that `apply` would load, by what the kernel lists of each. */
async function difference(source, before, after) {
  const { withEmptyKernel } = await source.load('src/host/empty-kernel.ts');
  const { listRuleset } = await source.load('src/host/live-state.ts');
  const { nftChange } = await source.load('src/plan/nft-change.ts');
  const { parseNftTable } = await source.load('src/plan/nft-table.ts');
  const [from, to] = [before, after].map((file) =>
    withEmptyKernel((run) => {
      run({ argv: ['nft', '-f', file] });
      return parseNftTable(run(listRuleset(false)).stdout);
    }),
  );
  return nftChange(to, from);
}

/** What the last of these files takes to load, behind the others. */
function loaded(place, files) {
  const words = files.map((file) => `nft -f ${file}`);
  words[words.length - 1] = timing(words.at(-1), 'own');
  return timed(place, ['unshare', '-n', 'bash', '-c', words.join(' && ')], 'own');
}

function print({ part, full, again, scratch }) {
  const row = (name, time, against) =>
    console.log(`| ${name} | ${time.toFixed(3)} | ${(time / against).toFixed(3)} |`);
  console.log('| one rule more among 100,000 | s | ratio |\n|---|---:|---:|');
  row('load all', full, full);
  row('load what changes', part, full);
  row('compile and load all, where nothing was', scratch + full, scratch + full);
  row('compile again, and load what changes', again + part, scratch + full);
}
