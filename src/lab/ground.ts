import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PATH } from '../host/run.ts';

/** Where namespaces are made, and what reaches into it. */
export interface Ground {
  /** The words in front of a tool that is to run there. */
  readonly enter: readonly string[];
  /** A folder for what tools are given, as this process sees it, and as they do. */
  readonly folder: string;
  readonly at: string;
  /** Its first process, as this machine numbers it; none of the machine itself. */
  readonly keeper?: string;
  /** The folder of the cgroup that is the root of its hierarchy; or why it has none of its own, behind "it". */
  readonly cgroups?: { readonly root: string } | string;
}

/** The machine itself: what is made there is there until somebody takes it away. */
export const HOST: Ground = { enter: [], folder: tmpdir(), at: tmpdir() };

/** Its first process: it says who it is to this machine, and lives as long as its input is open. */
const KEEPER = [
  'read -r pid rest </proc/self/stat',
  'mount -t tmpfs none /run',
  'mkdir /run/netns /run/lab',
  // Where a container hides parts of it, the outer one must do.
  '{ mount -t proc proc /proc 2>/dev/null || :; }',
  'echo "$pid"',
  'exec cat >/dev/null',
].join(' && ');

/** Goes into a cgroup, and becomes what it runs: the words behind its name and the cgroup's folder. */
export const INTO_CGROUP = 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"';

/** Takes a cgroup away, with those below it, once whoever holds its input is gone and all in it has ended. */
const SWEEPER = [
  'cat >/dev/null',
  'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20',
  'do find "$1" -depth -type d -exec rmdir {} + 2>/dev/null && exit',
  '[ -d "$1" ] || exit',
  'sleep 0.5',
  'done',
].join('\n');

type Started =
  | { readonly ground: Ground; readonly end: () => Promise<void> }
  | { readonly refused: string };

/**
 * A ground of its own: a network, a process table and a /run that nobody else has. Nothing of it has a name
 * on the machine, and all of it, whatever runs there, is gone with this process, however that ends: the
 * kernel kills what is in a process table whose first process is gone (pid_namespaces(7)).
 *
 * @param withCgroups whether it has cgroups of its own, too, if that may be: below the one of this process, and
 * gone with the rest
 * @returns also how to end it; or the kernel's own words for why there can be none
 */
export async function startGround(withCgroups = false): Promise<Started> {
  const own = withCgroups ? ownCgroup() : undefined;
  const started = await startAny(typeof own === 'object' ? own.root : undefined);
  if ('refused' in started) {
    if (typeof own === 'object') own.sweep();
    return started;
  }
  const { ground, end } = started;
  return {
    ground: { ...ground, ...(own === undefined ? {} : { cgroups: own }) },
    end: async () => {
      await end();
      if (typeof own === 'object') await own.sweep();
    },
  };
}

/** Users of one's own, the more of them the better: rules may name any. */
async function startAny(cgroup: string | undefined): Promise<Started> {
  const mapped = ['--user', '--map-root-user'];
  const ways = [
    // Some containers give root that one user only.
    ...(process.getuid?.() === 0 ? [[]] : []),
    // What /etc/subuid gives, by newuidmap(1); unshare knows it from util-linux 2.38 on.
    [...mapped, '--map-auto'],
    mapped,
  ];
  let started: Started = { refused: 'no way is known' };
  for (const user of ways) {
    started = await start(user, cgroup);
    if (!('refused' in started)) return started;
  }
  return started;
}

async function start(user: readonly string[], cgroup: string | undefined): Promise<Started> {
  const views = ['--net', '--mount', '--pid', ...(cgroup === undefined ? [] : ['--cgroup'])];
  const command = ['unshare', ...user, ...views, '--fork', '--kill-child', 'sh', '-c', KEEPER];
  const inside = cgroup === undefined ? [] : ['sh', '-c', INTO_CGROUP, 'sh', cgroup];
  const [file = '', ...words] = [...inside, ...command];
  const keeper = spawn(file, words, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH, LC_ALL: 'C' },
    // What Ctrl-C ends is this process; the rest follows by itself.
    detached: true,
  });
  let said = '';
  keeper.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = new Promise<void>((done) => keeper.on('close', () => done()).on('error', done));
  keeper.stdin.on('error', () => {});
  const lines = createInterface({ input: keeper.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done) {
    await ended;
    return { refused: said.trim().split('\n')[0] || '`unshare` ended without a word' };
  }
  const pid = first.value;
  const preserve = user.length === 0 ? [] : ['--user', '--preserve-credentials'];
  const enter = ['nsenter', '--target', pid, ...preserve, ...views];
  return {
    ground: { enter, folder: `/proc/${pid}/root/run/lab`, at: '/run/lab', keeper: pid },
    end: async () => {
      keeper.stdin.end();
      await ended;
    },
  };
}

/** A cgroup below the one of this process, and how to take it away, which happens also without being told. */
export function ownCgroup():
  | { readonly root: string; readonly sweep: () => Promise<void> }
  | string {
  const mount = cgroupRoot();
  if (mount === undefined) return 'finds no cgroups of version 2 here';
  const [, path = '/'] = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8')) ?? [];
  const root = join(mount, path, `routec-lab-${process.pid}`);
  try {
    mkdirSync(root);
  } catch (error) {
    return `may make no cgroup here (${(error as NodeJS.ErrnoException).code})`;
  }
  const sweeper = spawn('sh', ['-c', SWEEPER, 'sh', root], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH },
    detached: true,
  });
  const swept = new Promise<void>((done) => sweeper.on('close', () => done()).on('error', done));
  const sweep = async (): Promise<void> => {
    sweeper.stdin.end();
    await swept;
  };
  return { root, sweep };
}

/** Where the hierarchy of version 2 is mounted, if it is. */
export function cgroupRoot(): string | undefined {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  return mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1];
}
