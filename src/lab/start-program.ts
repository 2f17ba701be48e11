import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupRoot } from './ground.ts';
import type { Namespace } from './namespace.ts';
import { type Script, startScript } from './start-script.ts';

/** Starts the lab's agent as a user's program, or in a cgroup that is there. */
export async function startProgram(
  namespace: Namespace,
  [text, raw]: readonly [string, string],
  { user = '', cgroup }: { readonly user?: string; readonly cgroup?: string },
): Promise<Script> {
  const { cgroups } = namespace.ground;
  const root = typeof cgroups === 'object' ? cgroups.root : rootOfAll();
  const inside = cgroup === undefined ? undefined : join(root, cgroup);
  return startScript(namespace, ['perl', '-e', text, raw, 'program', '0', user], inside);
}

/** Makes a cgroup right below the root; what it gives takes it away again. */
export function makeCgroup(cgroup: string): () => void {
  const path = join(rootOfAll(), cgroup);
  mkdirSync(path);
  return () => rmdirSync(path);
}

function rootOfAll(): string {
  const root = cgroupRoot();
  if (root === undefined) throw new Error('the lab needs cgroups of version 2');
  return root;
}
