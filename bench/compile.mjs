// What compiling large policies costs, against loading what came out with `nft -f` in a network namespace,
// and against ferm on the same rules where it is installed. Needs root; times are of the processor, of
// whole processes, and the least of some interleaved runs, for a busy machine only ever adds to them.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { timed } from './timed.mjs';

const routec = resolve(import.meta.dirname, '../dist/routec.js');
const UPLINK = 'uplink dsl dev eth3 gateway 192.0.2.1 snat 192.0.2.2\n';
const RUNS = 3;

const hosts = (count) => Array.from({ length: count }, (_, at) => quad(0x0a000000 + at));
const quad = (address) => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

/** Every other /24 of the first ones, in no order. */
const prefixes = (count) =>
  Array.from(
    { length: count },
    (_, at) => `${quad(0x01000000 + ((at * 700_001) % count) * 512)}/24`,
  );

const CASES = [
  ...[1000, 10_000, 100_000].map((count) => ({
    name: `${count} rules for a host`,
    files: {
      'policy.route':
        UPLINK +
        hosts(count)
          .map((host) => `route host ${host} via dsl\n`)
          .join(''),
      'ferm.conf': `table mangle chain PREROUTING {\n${hosts(count)
        .map((host) => `saddr ${host} MARK set-mark 1;\n`)
        .join('')}}\n`,
    },
  })),
  ...[100_000, 1_000_000].map((count) => ({
    name: `a list of ${count} prefixes`,
    files: {
      'policy.route': `${UPLINK}set big from "big.list"\nroute to @big via dsl\n`,
      'big.list': prefixes(count).join('\n'),
    },
  })),
];

/** Prints a table. */
export async function compile() {
  const place = await mkdtemp(join(tmpdir(), 'routec-bench-'));
  console.log('\n| compiled | s | MB | nft -f, s | ratio | ferm, s | ratio |');
  console.log('|---|---:|---:|---:|---:|---:|---:|');
  try {
    for (const [index, { name, files }] of CASES.entries()) {
      const folder = join(place, String(index));
      await mkdir(folder);
      for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
      console.log(await row(folder, name, 'ferm.conf' in files));
    }
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

async function row(folder, name, withFerm) {
  const runs = [];
  for (let run = 0; run < RUNS; run += 1) {
    await rm(join(folder, 'out'), { recursive: true, force: true });
    runs.push({
      routec: await timed(folder, [
        process.execPath,
        routec,
        'compile',
        'policy.route',
        '-o',
        'out',
      ]),
      nft: await timed(folder, ['unshare', '-n', 'nft', '-f', 'out/policy.nft']),
      ferm: withFerm
        ? await timed(folder, ['ferm', '--noexec', '--lines', 'ferm.conf'])
        : undefined,
    });
  }
  const least = (tool) => {
    const times = runs.map((run) => run[tool]?.seconds).filter((time) => time !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  };
  const own = least('routec');
  const against = (time) =>
    time === undefined || own === undefined
      ? '- | -'
      : `${time.toFixed(2)} | ${(own / time).toFixed(2)}`;
  const megabytes = Math.max(...runs.map((run) => run.routec?.megabytes ?? 0)).toFixed(0);
  return `| ${name} | ${own?.toFixed(2) ?? 'failed'} | ${megabytes} | ${against(least('nft'))} | ${against(least('ferm'))} |`;
}
