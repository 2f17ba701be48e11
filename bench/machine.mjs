import { spawnSync } from 'node:child_process';
import { cpus, loadavg, release } from 'node:os';

/** What was measured on, in a line; how busy it was before says how far to trust a number. */
export function machine() {
  const nft = spawnSync('nft', ['--version'], { encoding: 'utf8' }).stdout ?? '';
  const cores = cpus();
  return [
    `${cores.length} cores (${cores[0]?.model.trim()})`,
    `Linux ${release()}`,
    `nft ${/v([\d.]+)/.exec(nft)?.[1] ?? 'not installed'}`,
    `Node ${process.version}`,
    `load before: ${loadavg()[0].toFixed(1)}`,
  ].join(', ');
}
