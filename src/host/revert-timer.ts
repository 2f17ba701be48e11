import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { pause } from './empty-kernel.ts';
import { loginOf } from './login.ts';
import { overdueToken, type RecordOf, readRecord, removeRecord, writeRecord } from './records.ts';
import { run } from './run.ts';

/** Milliseconds between two looks, and until the clock must have begun. */
const LOOK = 200;
const PATIENCE = 10_000;
/** Nanoseconds that the clock is given to begin. */
const GRACE = 5_000_000_000n;

/** Nanoseconds of the clock that all processes share, and that nobody sets. */
export const now = (): bigint => process.hrtime.bigint();

/**
 * Starts the clock that takes an apply back unless it is confirmed: a process of its own, which survives
 * the terminal, the login and this process. It runs before anything is changed.
 *
 * @param again what starts routec, word by word
 * @returns its token, or why it could not be started
 */
export function startTimer(
  again: readonly string[],
): { readonly token: string } | { readonly refused: string } {
  const token = randomUUID();
  removeRecord('outcome');
  writeRecord('pending', { token, pid: process.pid, login: loginOf() });
  const words = [...again, 'revert', token];
  const refused = existsSync('/run/systemd/system') ? bySystemd(words, token) : detached(words);
  if (refused === undefined && hasBegun(token)) return { token };
  removeRecord('pending');
  return { refused: refused ?? 'the clock that would take it back does not start' };
}

function bySystemd(words: readonly string[], token: string): string | undefined {
  const own = readlinkSync('/proc/self/ns/net');
  const apart = own !== readlinkSync('/proc/1/ns/net');
  const ran = run({
    argv: [
      'systemd-run',
      '--quiet',
      '--collect',
      `--unit=routec-revert-${token}`,
      '--description=routec: takes an apply back unless it is confirmed',
      ...['ROUTEC_RUN', 'ROUTEC_LIB'].flatMap((name) =>
        process.env[name] === undefined ? [] : [`--setenv=${name}=${process.env[name]}`],
      ),
      ...(apart ? [`--property=NetworkNamespacePath=/proc/${process.pid}/ns/net`] : []),
      ...words,
    ],
  });
  return 'refused' in ran ? ran.refused : undefined;
}

/** In a session of its own, so that no terminal takes it along. */
function detached([file = '', ...args]: readonly string[]): undefined {
  const child = spawn(file, args, { detached: true, stdio: 'ignore', cwd: '/' });
  child.on('error', () => {});
  child.unref();
}

/** It writes its own number into the record of what it waits for. */
function hasBegun(token: string): boolean {
  for (const until = now() + BigInt(PATIENCE) * 1_000_000n; now() < until; pause(20)) {
    if (readRecord('timer')?.token === token) return true;
  }
  return false;
}

/** Whether the process of a number runs: a killed one that nobody waited for does not. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false;
  }
}

/** Whether an apply was killed before it changed anything, and before its clock ran: it waits for nobody. */
export function isAbandoned({ token, pid, deadline }: RecordOf<'pending'>): boolean {
  return deadline === undefined && !isAlive(pid) && !ticks(token);
}

/** Whether the clock of an apply still runs. */
function ticks(token: string): boolean {
  const timer = readRecord('timer');
  return timer?.token === token && isAlive(timer.pid);
}

/** Writes down that this is the clock of an apply. */
export function beginClock(token: string): void {
  writeRecord('timer', { token, pid: process.pid });
}

/**
 * What the clock does: waits until its apply has ended, or must be taken back: since its time is over, or since who applied
 * was killed on the way. `claimed`: somebody else is on a way back, who may not get there.
 */
export function waitForEnd(token: string): 'ended' | 'overdue' | 'claimed' {
  for (;;) {
    const pending = readRecord('pending');
    if (pending?.token !== token) {
      const isTold = readRecord('outcome')?.token === token;
      if (overdueToken() === token && !isTold) return 'claimed';
      // Between the two looks it may have been left to its clock again.
      if (readRecord('pending')?.token !== token) return 'ended';
      continue;
    }
    const { deadline, pid } = pending;
    if (deadline === undefined ? !isAlive(pid) : now() >= BigInt(deadline)) return 'overdue';
    pause(LOOK);
  }
}

/**
 * What the one who applied does meanwhile: waits for the end, whoever brings it. Long after the time nobody else
 * will: the clock was killed. Where it ended and that could not be written down, nobody can tell.
 */
export function waitForOutcome(
  token: string,
  deadline: bigint,
): 'confirmed' | 'reverted' | 'stuck' | 'overdue' | 'untold' {
  for (;;) {
    const outcome = readRecord('outcome');
    if (outcome?.token === token) return outcome.outcome;
    if (now() > deadline + GRACE) {
      if (readRecord('pending')?.token === token) return 'overdue';
      if (!ticks(token) && readRecord('outcome')?.token !== token) return 'untold';
    }
    pause(LOOK);
  }
}
