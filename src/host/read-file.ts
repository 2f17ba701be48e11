import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  statfsSync,
} from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import type { Read, ReadResult } from '../policy/load.ts';

/** No policy and no list is larger, in bytes; a million IPv6 prefixes are half of it. */
const LARGEST = 64 * 1024 * 1024;

/** So many bytes are asked for at least. */
const CHUNK = 65536;

/** Files that the kernel makes up: some never end, some are used up by whoever reads them. */
const KERNELS: ReadonlySet<number> = new Set([
  0x9fa0, // proc
  0x62656572, // sysfs
  0x64626720, // debugfs
  0x74726163, // tracefs
]);

const { O_RDONLY, O_NONBLOCK, O_NOCTTY, O_NOFOLLOW } = constants;

/**
 * Reads a policy and what it names. What lies outside its folder is never quoted, nor is a policy that is
 * itself a link out of it: whoever may write into the folder could show any file to those who read the errors.
 */
export function reader(entry: string): Read {
  const folder = real(dirname(entry === '-' ? './-' : entry));
  return (path) => {
    const read = openFile(path, O_RDONLY);
    if ('refused' in read) return read;
    return { bytes: read.bytes, quotable: isInside(read.real, folder) };
  };
}

/** What is in a file of ours: a regular one that is there itself, for what a link leads to is not. */
export function readFile(
  path: string,
): { readonly bytes: Uint8Array } | { readonly refused: string } {
  return openFile(path, O_RDONLY | O_NOFOLLOW);
}

/** A regular file of bounded size: no device, FIFO or folder is ever waited for. */
function openFile(
  path: string,
  flags: number,
): { readonly bytes: Uint8Array; readonly real: string } | { readonly refused: string } {
  let file: number | undefined;
  try {
    file = openSync(path, flags | O_NONBLOCK | O_NOCTTY);
    const status = fstatSync(file);
    if (status.isDirectory()) return { refused: 'it is a folder' };
    if (!status.isFile() || isKernels(file)) return { refused: 'it is no regular file' };
    const bytes = readAll(file, status.size);
    if (bytes === undefined) return { refused: `it has more than ${LARGEST / 2 ** 20} MiB` };
    return { bytes, real: realOf(file, path) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const link = code === 'ELOOP' && (flags & O_NOFOLLOW) !== 0;
    return { refused: link ? 'it is a symbolic link' : reasonOf(error) };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function isKernels(file: number): boolean {
  try {
    return KERNELS.has(statfsSync(`/proc/self/fd/${file}`).type);
  } catch {
    return false;
  }
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return !isAbsolute(way) && way.split(sep)[0] !== '..';
}

let standardInput: ReadResult | undefined;

/** Standard input to its end: whoever asks again is told the same. */
export function readStandardInput(): ReadResult {
  standardInput ??= readToEnd();
  return standardInput;
}

function readToEnd(): ReadResult {
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

/** What is in a file, to its end; `size` is what it is thought to have. */
function readAll(file: number, size = 0): Uint8Array | undefined {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // One byte more than there are: so its end is seen without another chunk.
  let chunk = Buffer.allocUnsafe(Math.min(Math.max(size + 1, CHUNK), LARGEST + 1));
  let filled = 0;
  for (;;) {
    let count: number;
    try {
      count = readSync(file, chunk, filled, chunk.length - filled, null);
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
    filled += count;
    if (filled < chunk.length) continue;
    chunks.push(chunk);
    chunk = Buffer.allocUnsafe(CHUNK);
    filled = 0;
  }
  const last = chunk.subarray(0, filled);
  return chunks.length === 0 ? last : Buffer.concat([...chunks, last], length);
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
