import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
} from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import type { Read, ReadResult } from '../policy/load.ts';

/** No policy and no list is larger, in bytes; a million IPv6 prefixes are half of it. */
const LARGEST = 64 * 1024 * 1024;

/** Reads what a policy names; what lies outside the folder of `entry` is never quoted. */
export function reader(entry: string): Read {
  const folder = real(dirname(entry === '-' ? './-' : entry));
  return (path) => readFile(path, folder);
}

/** A regular file of bounded size: no device, FIFO or folder is ever waited for. */
export function readFile(path: string, folder?: string): ReadResult {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const status = fstatSync(file);
    if (status.isDirectory()) return { refused: 'it is a folder' };
    if (!status.isFile()) return { refused: 'it is no regular file' };
    const bytes = readAll(file);
    if (bytes === undefined) return { refused: `it has more than ${LARGEST / 2 ** 20} MiB` };
    const quotable = folder === undefined || realOf(file, path).startsWith(folder + sep);
    return { bytes, quotable };
  } catch (error) {
    return { refused: reasonOf(error) };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Standard input to its end. */
export function readStandardInput(): ReadResult {
  try {
    const bytes = readAll(0);
    if (bytes === undefined) return { refused: `it has more than ${LARGEST / 2 ** 20} MiB` };
    return { bytes, quotable: true };
  } catch (error) {
    return { refused: reasonOf(error) };
  }
}

/** Why the system refused, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const words: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'permission denied',
    EPERM: 'not permitted',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a part of the path is no folder',
    ELOOP: 'too many symbolic links',
    ENAMETOOLONG: 'the name is too long',
    EAGAIN: 'it has nothing to read yet',
    EIO: 'it can not be read (input/output error)',
    ENXIO: 'it is no regular file',
    ENOSPC: 'no space is left on the device',
    EROFS: 'the file system is read-only',
    ERR_INVALID_ARG_VALUE: 'the path holds a NUL',
  };
  return words[code ?? ''] ?? message;
}

function readAll(file: number): Uint8Array | undefined {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(65536);
    let count: number;
    try {
      count = readSync(file, chunk, 0, chunk.length, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') break;
      if (code !== 'EAGAIN' || file !== 0) throw error;
      // Standard input that does not block and has nothing yet.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      continue;
    }
    if (count === 0) break;
    length += count;
    if (length > LARGEST) return undefined;
    chunks.push(chunk.subarray(0, count));
  }
  return Buffer.concat(chunks, length);
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

/** The path of a file that is open, whatever happened to its name since. */
function realOf(file: number, path: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${file}`);
  } catch {
    return real(path);
  }
}
