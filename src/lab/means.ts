import { mkdirSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { namedAtoms } from '../emit/named-atoms.ts';
import { PATH } from '../host/run.ts';
import type { Program } from '../model/program.ts';
import { LAST_USER } from '../net/user.ts';
import { joined } from '../series.ts';
import type { Ground } from './ground.ts';

/** What a ground has of what rules ask for. */
export interface Means {
  /** The users that the policy names and this machine knows. */
  readonly users: ReadonlyMap<string, number>;
  /** Whether a program may be of that user there. */
  readonly mayBe: (user: number) => boolean;
  /** Why no program can be in a cgroup of the policy; nothing where it can. */
  readonly noCgroups?: string;
  /** Minutes since Monday 00:00, UTC, by the kernel's clock. */
  readonly minute: number;
}

/** From here on rulesets see cgroups as the namespace of whoever loads them does. */
const CGROUP_LINUX = [6, 12] as const;

/** Looks at what there is, and makes the cgroups of a policy. */
export async function meansOf(ground: Ground, program: Program): Promise<Means> {
  const named = namedAtoms(joined([program.local, program.marked]));
  const users = new Map<string, number>();
  for (const atom of named) {
    if (atom.kind !== 'user') continue;
    const { stdout, failed } = await execa('id', ['-u', '--', atom.name], {
      reject: false,
      env: { PATH },
    });
    if (!failed) users.set(atom.name, Number(stdout));
  }
  const paths = named.flatMap((atom) => (atom.kind === 'cgroup' ? [atom.path] : []));
  const noCgroups = paths.length === 0 ? undefined : makeCgroups(ground, paths);
  return {
    users,
    mayBe: mayBe(ground),
    ...(noCgroups === undefined ? {} : { noCgroups }),
    minute: minuteOf(new Date()),
  };
}

/** A user of the policy's rules, by number, that the ground does not have: iptables takes none of those. */
export function missingUser({ local, marked }: Program, { mayBe }: Means): number | undefined {
  const ends = [...local, ...marked].flatMap(({ boxes }) =>
    boxes.flatMap(({ user = [] }) => user.flat()),
  );
  return ends.find((user) => user > 0 && user <= LAST_USER && !mayBe(user));
}

function makeCgroups({ cgroups }: Ground, paths: readonly string[]): string | undefined {
  if (typeof cgroups !== 'object') return cgroups;
  const [major = 0, minor = 0] = release().split('.').map(Number);
  if (major < CGROUP_LINUX[0] || (major === CGROUP_LINUX[0] && minor < CGROUP_LINUX[1])) {
    return `it needs Linux ${CGROUP_LINUX.join('.')} for cgroups of its own`;
  }
  try {
    for (const path of paths) mkdirSync(join(cgroups.root, path), { recursive: true });
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
}

/** A user namespace has the users that are mapped into it (user_namespaces(7)). */
function mayBe({ keeper }: Ground): Means['mayBe'] {
  const text = keeper === undefined ? '' : readFileSync(`/proc/${keeper}/uid_map`, 'utf8');
  const mapped = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return (user) =>
    keeper === undefined ||
    mapped.some(([first = 0, , count = 0]) => user >= first && user < first + count);
}

/** Minutes since Monday 00:00, UTC. */
export const minuteOf = (date: Date): number =>
  ((date.getUTCDay() + 6) % 7) * 1440 + date.getUTCHours() * 60 + date.getUTCMinutes();
