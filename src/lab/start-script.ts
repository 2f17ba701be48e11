import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { bug } from '../bug.ts';
import type { Namespace } from './namespace.ts';

/** A script that runs in a namespace until it is stopped. */
export interface Script {
  readonly pid: number;
  /** Writes a line to it and gives the line that it answers. */
  ask(line: string): Promise<string>;
  stop(): Promise<void>;
}

/** Starts one of the lab's scripts, which says `ready` first. */
export async function startScript(
  { name }: Namespace,
  script: URL,
  args: readonly string[],
): Promise<Script> {
  const command = ['netns', 'exec', name, process.execPath, fileURLToPath(script), ...args];
  const child = execa('ip', command, { stdin: 'pipe', buffer: { stdout: false }, reject: false });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await lines.next();
    if (!line.done) return line.value;
    throw new Error(`a script in ${name} ended: ${(await child).stderr}`);
  };
  await next();
  return {
    // `ip netns exec` becomes what it runs.
    pid: child.pid ?? bug('a script without a process'),
    ask: (line) => {
      child.stdin.write(`${line}\n`);
      return next();
    },
    stop: async () => {
      child.kill();
      await child;
    },
  };
}
