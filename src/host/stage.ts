import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const STAGE = '.routec-stage-';

/** Makes a folder in which new files are written whole before they are renamed to their places. */
export function makeStage(folder: string): string {
  return mkdtempSync(join(folder, `${STAGE}${process.pid}-`));
}

/** Removes what a killed process of ours staged in a folder. */
export function sweepStages(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = name.startsWith(STAGE) ? Number.parseInt(name.slice(STAGE.length), 10) : Number.NaN;
    if (!Number.isNaN(pid) && !isRunning(pid)) {
      rmSync(join(folder, name), { recursive: true, force: true });
    }
  }
}

/** Writes a new file to the disk, with owner, group and mode of the one whose place it will take. */
export function writeDurably(path: string, text: string, like?: Stats): void {
  const file = openSync(path, 'wx', 0o644);
  try {
    writeFileSync(file, text);
    if (like !== undefined) {
      const { uid, gid } = fstatSync(file);
      if (uid !== like.uid || gid !== like.gid) fchownSync(file, like.uid, like.gid);
      fchmodSync(file, like.mode & 0o7777);
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Sees to it that what was renamed and removed in a folder is on the disk. */
export function sync(folder: string): void {
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
