import { spawnSync } from 'node:child_process';
import { posix } from 'node:path';
import type { ReadResult } from '../policy/load.ts';
import { PATH } from './run.ts';

/** The files of a git revision; paths are relative to the top of the repository. */
export interface Revision {
  readonly read: (path: string) => ReadResult;
  /** Where the folder that was asked from lies in the repository: empty, or ends in `/`. */
  readonly prefix: string;
}

/** Why git has not what was asked for. */
export interface NoRevision {
  /** `revision` where there is a repository, but no such revision in it. */
  readonly lacks: 'git' | 'repository' | 'revision';
  readonly refused: string;
}

/** No policy and no list is larger, in bytes. */
const LARGEST = 64 * 1024 * 1024;
/** Milliseconds. */
const PATIENCE = 60_000;

/**
 * Opens a revision of the repository that holds a folder. Nothing of it is checked out, and nothing that its
 * configuration names is run: no filter, no hook, no transport for objects that are not there.
 */
export function openRevision(folder: string, revision: string): Revision | NoRevision {
  const place = git(folder, ['rev-parse', '--show-prefix']);
  if ('refused' in place) {
    return { lacks: place.missing ? 'git' : 'repository', refused: place.refused };
  }
  const prefix = place.stdout.toString('utf8').replace(/\n$/, '');
  const none: NoRevision = { lacks: 'revision', refused: 'there is no such revision' };
  // What begins with a dash would be an option.
  if (revision === '' || revision.startsWith('-') || /[\0\n]/.test(revision)) return none;
  const tree = git(folder, ['rev-parse', '--verify', '--quiet', `${revision}^{tree}`]);
  const id = 'refused' in tree ? '' : tree.stdout.toString('latin1').trim();
  if (!/^[0-9a-f]{40,64}$/.test(id)) return none;
  return { prefix, read: (path) => readBlob(folder, id, path) };
}

function readBlob(folder: string, tree: string, path: string): ReadResult {
  const name = posix.normalize(path);
  if (name.startsWith('/') || name === '..' || name.startsWith('../')) {
    return { refused: 'it lies outside the repository' };
  }
  if (name === '.' || name.endsWith('/')) return { refused: 'it is a folder' };
  if (name.includes('\0')) return { refused: 'the path holds a NUL' };
  const listed = git(folder, ['ls-tree', '-z', '-l', '--full-tree', tree, '--', name]);
  if ('refused' in listed) return { refused: listed.refused };
  // MODE TYPE ID SIZE, a tab, the path; paths are no patterns to ls-tree.
  const line = listed.stdout.toString('utf8').split('\0')[0] ?? '';
  const [, mode, id, size] = /^([0-7]+) \w+ ([0-9a-f]+) +([0-9-]+)\t/.exec(line) ?? [];
  if (mode === undefined || id === undefined) return { refused: 'there is no such file' };
  switch (mode) {
    case '100644':
    case '100755':
    case '100664':
      break;
    case '040000':
      return { refused: 'it is a folder' };
    case '120000':
      return { refused: 'it is a symbolic link' };
    default:
      return { refused: 'it is no regular file' };
  }
  if (Number(size) > LARGEST) return { refused: `it has more than ${LARGEST / 2 ** 20} MiB` };
  const blob = git(folder, ['cat-file', 'blob', id]);
  return 'refused' in blob ? blob : { bytes: blob.stdout, quotable: true };
}

function git(
  folder: string,
  words: readonly string[],
): { readonly stdout: Buffer } | { readonly refused: string; readonly missing: boolean } {
  const { status, stdout, stderr, error } = spawnSync('git', words, {
    cwd: folder,
    // Which repository is meant may stand in there, and which ones are trusted in the user's own settings.
    env: {
      ...process.env,
      PATH,
      LC_ALL: 'C',
      GIT_ALLOW_PROTOCOL: 'none',
      GIT_NO_LAZY_FETCH: '1',
      GIT_NO_REPLACE_OBJECTS: '1',
      GIT_OPTIONAL_LOCKS: '0',
      GIT_TERMINAL_PROMPT: '0',
    },
    maxBuffer: LARGEST + 1,
    timeout: PATIENCE,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status === 0) return { stdout };
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOENT') return { refused: '`git` is not installed', missing: true };
  const said = stderr
    ?.toString('utf8')
    .split('\n')
    .find((each) => each.trim() !== '');
  return { refused: said?.replace(/^fatal: /, '') ?? `git ended with ${status}`, missing: false };
}
