import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { PATH } from '../host/run.ts';

/** Where namespaces are made, and what reaches into it. */
export interface Ground {
  /** The words in front of a tool that is to run there. */
  readonly enter: readonly string[];
  /** A folder for what tools are given, as this process sees it, and as they do. */
  readonly folder: string;
  readonly at: string;
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

/**
 * A ground of its own: a network, a process table and a /run that nobody else has. Nothing of it has a name
 * on the machine, and all of it, whatever runs there, is gone with this process, however that ends: the
 * kernel kills what is in a process table whose first process is gone (pid_namespaces(7)).
 *
 * @returns also how to end it; or the kernel's own words for why there can be none
 */
export async function startGround(): Promise<
  { readonly ground: Ground; readonly end: () => Promise<void> } | { readonly refused: string }
> {
  const mapped = ['--user', '--map-root-user'];
  if (process.getuid?.() !== 0) return start(mapped);
  // In a user namespace there are no users but root, and rules may name others; some containers give root
  // that one only.
  const plain = await start([]);
  return 'refused' in plain ? start(mapped) : plain;
}

async function start(user: readonly string[]): ReturnType<typeof startGround> {
  const words = [...user, '--net', '--mount', '--pid', '--fork', '--kill-child'];
  const keeper = spawn('unshare', [...words, 'sh', '-c', KEEPER], {
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
  const enter = ['nsenter', '--target', pid, ...preserve, '--net', '--mount', '--pid'];
  return {
    ground: { enter, folder: `/proc/${pid}/root/run/lab`, at: '/run/lab' },
    end: async () => {
      keeper.stdin.end();
      await ended;
    },
  };
}
