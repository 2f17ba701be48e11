import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { bug } from '../bug.ts';
import { PATH } from '../host/run.ts';
import { enter, type Namespace } from './namespace.ts';

/** A script that runs in a namespace until it is stopped. */
export interface Script {
  readonly pid: number;
  /** Writes a line to it and gives the line that it answers. */
  ask(line: string): Promise<string>;
  stop(): Promise<void>;
}

/** A script that lies in no file: that of a bundle. */
export interface Text {
  readonly text: string;
}

/** Starts one of the lab's scripts, which says `ready` first. */
export async function startScript(
  namespace: Namespace,
  script: URL | Text,
  args: readonly string[],
): Promise<Script> {
  const run =
    'text' in script ? ['--input-type=module', '-e', script.text] : [fileURLToPath(script)];
  const [file, words] = enter(namespace, [process.execPath, ...run, ...args]);
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
  await next();
  return {
    // `ip netns exec` becomes what it runs.
    pid: child.pid ?? bug('a script without a process'),
    ask: (line) => {
      child.stdin.write(`${line}\n`);
      return next();
    },
    stop: async () => {
      // They end with their input; what a namespace is entered by would not hand a signal on.
      child.stdin.end();
      await child;
    },
  };
}
