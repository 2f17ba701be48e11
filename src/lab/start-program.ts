import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Namespace } from './namespace.ts';
import { type Script, startScript } from './start-script.ts';

/** Starts the lab's agent as a user's program, or in a cgroup that is there. */
export async function startProgram(
  namespace: Namespace,
  [text, raw]: readonly [string, string],
  { user = '', cgroup }: { readonly user?: string; readonly cgroup?: string },
): Promise<Script> {
  const script = await startScript(namespace, { text }, [raw, 'program', '0', user]);
  if (cgroup !== undefined) {
    writeFileSync(join(cgroupRoot(), cgroup, 'cgroup.procs'), String(script.pid));
  }
  return script;
}

/** Makes a cgroup right below the root; what it gives takes it away again. */
export function makeCgroup(cgroup: string): () => void {
  const path = join(cgroupRoot(), cgroup);
  mkdirSync(path);
  return () => rmdirSync(path);
}

/** Where the hierarchy of version 2 is mounted. */
function cgroupRoot(): string {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  const mount = mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2');
  if (mount?.[1] === undefined) throw new Error('the lab needs cgroups of version 2');
  return mount[1];
}
