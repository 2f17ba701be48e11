import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { reasonOf } from './read-file.ts';
import { LOCK_FILE } from './records.ts';

/**
 * Takes the lock under which the kernel is changed, with `flock`, so that shell scripts can share it. It
 * lies on an open file: whoever holds that open holds the lock, so tools that outlive a killed routec
 * are waited for. It is gone when the last of them ends.
 *
 * @param wait seconds to wait for another
 * @returns the open file, or why not
 */
export function takeLock(wait: number): { readonly lock: number } | { readonly refused: string } {
  let file: number;
  try {
    file = openLock();
  } catch (error) {
    return { refused: `${LOCK_FILE}: ${reasonOf(error)}` };
  }
  const { status, error } = spawnSync('flock', ['-w', String(wait), '3'], {
    stdio: ['ignore', 'ignore', 'ignore', file],
  });
  if (status === 0) return { lock: file };
  closeSync(file);
  if (error !== undefined)
    return { refused: '`flock` is not installed (it belongs to util-linux)' };
  return { refused: `another routec holds ${LOCK_FILE}: it is being applied right now` };
}

export function releaseLock(lock: number): void {
  closeSync(lock);
}

/** To read it is enough: what waits to be taken back must not stay since the disk became read-only. */
function openLock(): number {
  const { O_RDWR, O_RDONLY, O_CREAT, O_NOFOLLOW } = constants;
  try {
    return openSync(LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EROFS') throw error;
    return openSync(LOCK_FILE, O_RDONLY | O_NOFOLLOW);
  }
}
