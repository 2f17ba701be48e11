import { spawnSync } from 'node:child_process';
import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
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
  if (command.lists === true) return list(command) ?? start(command, 'pipe', 'pipe', lock);
  if (command.opens !== true) return start(command, 'pipe', 'pipe', lock);
  const open = fileOf(tmpdir(), command.stdin ?? '');
  try {
    return start(command, open, 'pipe', lock);
  } finally {
    closeSync(open);
  }
}

/** shm_overview(7): a folder in memory. */
const MEMORY = '/dev/shm';

/**
 * Lists a ruleset of nft into a file in memory: nft writes each word by itself, and to read those from a pipe takes
 * longer than to list them. Void where there is no such folder, or no room in it.
 */
function list(command: Command): Ran | undefined {
  let open: number;
  try {
    open = fileOf(MEMORY, '');
  } catch {
    return undefined;
  }
  try {
    const ran = start(command, 'pipe', open);
    if ('refused' in ran) return ran;
    const stdout = textOf(open);
    return stdout === '' || stdout.endsWith('\n}\n') ? { stdout } : undefined;
  } finally {
    closeSync(open);
  }
}

function textOf(open: number): string {
  const bytes = Buffer.alloc(fstatSync(open).size);
  for (let at = 0; at < bytes.length; ) {
    const count = readSync(open, bytes, at, bytes.length - at, at);
    if (count === 0) break;
    at += count;
  }
  return bytes.toString('utf8');
}

/** An open file that is nowhere any more. */
function fileOf(where: string, text: string): number {
  const folder = mkdtempSync(join(where, 'routec-'));
  try {
    const path = join(folder, 'open');
    writeFileSync(path, text);
    return openSync(path, 'r+');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function start(
  { argv, stdin = '' }: Command,
  input: 'pipe' | number,
  output: 'pipe' | number,
  lock?: number,
): Ran {
  const [file, ...args] = argv;
  const ran = spawnSync(file, args, {
    ...(input === 'pipe' ? { input: stdin } : {}),
    encoding: 'utf8',
    // nft 1.0.6 lists hours of a zone behind UTC in a way that it does not read.
    env: { PATH, LC_ALL: 'C', TZ: 'UTC0' },
    maxBuffer: MOST,
    timeout: PATIENCE,
    stdio: [input, output, 'pipe', ...(lock === undefined ? [] : [lock])],
  });
  const { status, signal, stderr, error } = ran;
  // What went into a file is none.
  const stdout = ran.stdout ?? '';
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
