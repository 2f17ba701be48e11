import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from '../plan/step.ts';

/** What a tool printed, or why it could not do what was asked: its own words, on one line. */
export type Ran = { readonly stdout: string } | { readonly refused: string };

/** Where the tools lie; a PATH of one's own may come first, but never alone. */
export const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`;

/** Longer than any load takes; a tool that hangs must not hold the lock for ever. Milliseconds. */
const PATIENCE = 300_000;

/** The largest ruleset, listed. */
const MOST = 1 << 30;

/**
 * Runs a tool, word by word, without a shell.
 *
 * @param lock an open file that the tool is to hold as well, so that a lock on it outlives this process
 */
export function run(command: Command, lock?: number): Ran {
  if (command.opens !== true) return start(command, 'pipe', lock);
  const open = fileOf(command.stdin ?? '');
  try {
    return start(command, open, lock);
  } finally {
    closeSync(open);
  }
}

/** An open file that is nowhere any more. */
function fileOf(text: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'routec-'));
  try {
    writeFileSync(join(folder, 'stdin'), text);
    return openSync(join(folder, 'stdin'), 'r');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function start({ argv, stdin = '' }: Command, input: 'pipe' | number, lock?: number): Ran {
  const [file, ...args] = argv;
  const ran = spawnSync(file, args, {
    ...(input === 'pipe' ? { input: stdin } : {}),
    encoding: 'utf8',
    env: { PATH, LC_ALL: 'C' },
    maxBuffer: MOST,
    timeout: PATIENCE,
    stdio: [input, 'pipe', 'pipe', ...(lock === undefined ? [] : [lock])],
  });
  const { status, signal, stdout, stderr, error } = ran;
  if (status === 0) return { stdout };
  // A tool that ends without reading is not to blame for that.
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOENT') return { refused: `\`${file}\` is not installed` };
  if (code === 'ETIMEDOUT')
    return { refused: `\`${file}\` did not end within ${PATIENCE / 1000}s` };
  const said = stderr.split('\n').filter((line) => line.trim() !== '');
  const words = said.slice(0, 3).join('; ') || stdout.trim().slice(0, 200);
  const how = signal === null ? `exit code ${status}` : `killed by ${signal}`;
  return { refused: `\`${[file, ...args].join(' ')}\`: ${words || code || how}` };
}
