import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { bug } from '../bug.ts';
import { PATH } from '../host/run.ts';
import { INTO_CGROUP } from './ground.ts';
import { enter, type Namespace } from './namespace.ts';

/** A script that runs in a namespace until it is stopped. */
export interface Script {
  /** Writes a line to it and gives the line that it answers. */
  ask(line: string): Promise<string>;
  /** Writes a line that is answered later. */
  tell(line: string): void;
  /** The next line that it answers. */
  answer(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts what says `ready` first, answers each line with one, and ends with its input.
 *
 * @param cgroup the folder of the one that it runs in; that of this process if nothing is said
 */
export async function startScript(
  namespace: Namespace,
  command: readonly string[],
  cgroup?: string,
): Promise<Script> {
  const entered = enter(namespace, command).flat();
  const inside = cgroup === undefined ? [] : ['sh', '-c', INTO_CGROUP, 'sh', cgroup];
  const [file = bug('nothing to run'), ...words] = [...inside, ...entered];
  const child = execa(file, words, {
    stdin: 'pipe',
    env: { PATH },
    buffer: { stdout: false },
    reject: false,
  });
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await lines.next();
    if (!line.done) return line.value;
    throw new Error(`a script in ${namespace.name} ended: ${(await child).stderr}`);
  };
  const tell = (line: string): void => {
    child.stdin.write(`${line}\n`);
  };
  await next();
  return {
    ask: (line) => {
      tell(line);
      return next();
    },
    tell,
    answer: next,
    stop: async () => {
      // They end with their input; what a namespace is entered by would not hand a signal on.
      child.stdin.end();
      await child;
    },
  };
}
