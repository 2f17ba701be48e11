import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { BackendName } from '../emit/backends.ts';
import type { Network } from './network.ts';

/** The bundle as it ships: `npm test` builds it first. */
export const ROUTEC = join(import.meta.dirname, '../../dist/routec.js');

export interface Ended {
  readonly exitCode: number | undefined;
  readonly signal?: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}
export type Env = Readonly<Record<string, string>>;

/** A folder of a router's own: its records, and its policy. */
export interface Place {
  readonly folder: string;
  /** Writes the policy: always of one name, so that it keeps its numbers. */
  readonly policy: (lines: readonly string[]) => string;
  /** Writes it and compiles it; the path of its loader. */
  readonly compiled: (lines: readonly string[], backend?: BackendName) => Promise<string>;
  /** What starts a command on the router, word by word behind `ip`. */
  readonly words: (network: Network, command: readonly string[], env?: Env) => string[];
  readonly run: (network: Network, command: readonly string[], env?: Env) => Promise<Ended>;
  readonly routec: (network: Network, args: readonly string[], env?: Env) => Promise<Ended>;
  /** From another login: another session, by another connection. */
  readonly elsewhere: (network: Network, command: readonly string[]) => Promise<Ended>;
  /** An environment in which one call of a tool goes wrong: see tool-wrapper.sh. */
  readonly wrapped: (what: 'kill' | 'half' | 'fail', at: number) => Env;
  /** Whether what was loaded waits to be confirmed. */
  readonly isPending: () => boolean;
  readonly remove: () => void;
}

const WRAPPED = [
  'ip',
  'nft',
  'sysctl',
  'conntrack',
  'ipset',
  'iptables-restore',
  'ip6tables-restore',
];

/** Makes such a folder. */
export function makePlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'routec-place-'));
  for (const name of ['run', 'tools', 'policy']) mkdirSync(join(folder, name));
  cpSync(join(import.meta.dirname, 'tool-wrapper.sh'), join(folder, 'wrapper'));
  chmodSync(join(folder, 'wrapper'), 0o755);
  for (const tool of WRAPPED) symlinkSync('../wrapper', join(folder, 'tools', tool));

  const policy = (lines: readonly string[]): string => {
    const path = join(folder, 'policy/policy.route');
    mkdirSync(join(folder, 'policy'), { recursive: true });
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
  };
  const words = ({ router }: Network, command: readonly string[], more: Env = {}): string[] => {
    const env = {
      NO_COLOR: '1',
      ROUTEC_RUN: join(folder, 'run/routec'),
      ROUTEC_LIB: join(folder, 'lib'),
      ...more,
    };
    const set = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    return ['netns', 'exec', router.name, 'env', ...set, ...command];
  };
  const start = async (file: string, args: readonly string[]): Promise<Ended> =>
    (await execa(file, args, { reject: false, input: '' })) as Ended;
  const run: Place['run'] = (network, command, env) => start('ip', words(network, command, env));
  const other = { SSH_CONNECTION: '192.0.2.9 1 192.0.2.1 22' };
  return {
    folder,
    policy,
    compiled: async (lines, backend = 'nft') => {
      const args = [ROUTEC, 'compile', policy(lines), '--backend', backend];
      await execa(process.execPath, args);
      return join(folder, 'policy/policy.load.sh');
    },
    words,
    run,
    routec: (network, args, env) => run(network, [process.execPath, ROUTEC, ...args], env),
    elsewhere: (network, command) =>
      start('setsid', ['-w', 'ip', ...words(network, command, other)]),
    wrapped: (what, at) => {
      writeFileSync(join(folder, 'count'), '0\n');
      writeFileSync(join(folder, 'at'), `${at} ${what}\n`);
      return { PATH: `${join(folder, 'tools')}:${process.env.PATH}` };
    },
    isPending: () => {
      const path = join(folder, 'run/routec/pending.json');
      return existsSync(path) && readFileSync(path, 'utf8').includes('"deadline"');
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
