import { type ChildProcess, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import type { Command } from '../plan/step.ts';
import { type Ran, run } from './run.ts';

/** Milliseconds until a new namespace must be there. */
const PATIENCE = 5_000;

/**
 * A network namespace of nobody's, to see what this kernel and these tools make of a ruleset before it
 * is loaded. It goes with this process, however that ends: it lives while its keeper's input is open.
 */
export function withEmptyKernel<T>(
  use: (run: (command: Command) => Ran) => T,
): T | { readonly refused: string } {
  const keeper = spawn('unshare', ['--net', 'cat'], { stdio: ['pipe', 'ignore', 'ignore'] });
  keeper.on('error', () => {});
  try {
    if (!isApart(keeper)) {
      return {
        refused:
          'no network namespace can be made to try the ruleset in: `unshare --net cat` fails',
      };
    }
    return use(({ argv, ...more }) =>
      run({ argv: ['nsenter', '--net', '--target', String(keeper.pid), ...argv], ...more }),
    );
  } finally {
    keeper.kill();
  }
}

function isApart({ pid }: ChildProcess): boolean {
  const own = readlinkSync('/proc/self/ns/net');
  const until = performance.now() + PATIENCE;
  while (pid !== undefined && performance.now() < until) {
    try {
      if (readlinkSync(`/proc/${pid}/ns/net`) !== own) return true;
    } catch {
      return false;
    }
    pause(2);
  }
  return false;
}

/** Waits, and does nothing else. Milliseconds. */
export function pause(time: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, time);
}
