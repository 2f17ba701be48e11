import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { bug } from '../bug.ts';
import { PATH } from '../host/run.ts';
import { type Ground, HOST } from './ground.ts';

/** A network namespace of the lab. */
export interface Namespace {
  readonly name: string;
  readonly ground: Ground;
  /**
   * Runs a tool in it, one at a time, and gives what that printed; a tool that fails is an error that
   * quotes it.
   */
  run(file: string, args: readonly string[], input?: string): Promise<string>;
}

/** Makes namespaces, each with a loopback device that is up; in their order. */
export async function addNamespaces(
  names: readonly string[],
  ground: Ground = HOST,
): Promise<Namespace[]> {
  const [file, args] = wordsIn(ground, ['ip', '-batch', '-']);
  const input = names.map((name) => `netns add ${name}\n`).join('');
  await execa(file, args, { env: { PATH }, input });
  return Promise.all(
    names.map(async (name) => {
      const run = startShell(name, ground);
      await run('ip', ['link', 'set', 'lo', 'up']);
      return { name, ground, run };
    }),
  );
}

/** Writes settings of the kernel's, by their paths below /proc/sys; the shell itself can, which a tool would slow. */
export async function setSysctl(
  { run }: Namespace,
  settings: readonly (readonly [path: string, value: number])[],
): Promise<void> {
  const lines = settings.map(([path, value]) => `echo ${value} >${quote(`/proc/sys/${path}`)}`);
  await run('eval', [lines.join(' && ')]);
}

/** What the kernel says of a device's way: `up`, `down`, … (operational state, RFC 2863). */
export const operState = ({ run }: Namespace, device: string): Promise<string> =>
  run('eval', [`read -r state <${quote(`/sys/class/net/${device}/operstate`)} && echo "$state"`]);

/** How a tool is run in a namespace from outside. */
export const enter = (
  { name, ground }: Pick<Namespace, 'name' | 'ground'>,
  words: readonly string[],
): [string, string[]] => wordsIn(ground, ['ip', 'netns', 'exec', name, ...words]);

function wordsIn(ground: Ground, words: readonly string[]): [string, string[]] {
  const [file = bug('nothing to run'), ...args] = [...ground.enter, ...words];
  return [file, args];
}

/** One shell that runs all tools of a namespace: to enter it for each would take most of the time. */
function startShell(name: string, ground: Ground): Namespace['run'] {
  const folder = mkdtempSync(join(ground.folder, `${name}-`));
  const [input, output, errors] = ['in', 'out', 'err'].map((each) => join(folder, each)) as [
    string,
    string,
    string,
  ];
  const seen = (path: string): string => join(ground.at, basename(folder), basename(path));
  const [file, args] = enter({ name, ground }, ['sh']);
  const shell = execa(file, args, {
    stdin: 'pipe',
    env: { PATH },
    buffer: { stdout: false },
    reject: false,
  });
  // It ends with its namespace.
  shell.finally(() => rmSync(folder, { recursive: true, force: true }));
  shell.stdin.on('error', () => {});
  const codes = createInterface({ input: shell.stdout })[Symbol.asyncIterator]();
  const once = async (words: readonly string[], text: string): Promise<string> => {
    writeFileSync(input, text);
    const [from, to, and] = [input, output, errors].map((path) => quote(seen(path)));
    shell.stdin.write(`${words.map(quote).join(' ')} <${from} >${to} 2>${and}; echo $?\n`);
    const code = await codes.next();
    if (code.value === '0') return readFileSync(output, 'utf8').replace(/\n$/, '');
    const said = code.done ? 'its namespace is gone' : readFileSync(errors, 'utf8').trim();
    throw new Error(`in ${name}, ${words.join(' ')}: ${said}`);
  };
  let last: Promise<unknown> = Promise.resolve();
  return (file, args, text = '') => {
    const next = last.then(() => once([file, ...args], text));
    last = next.catch(() => {});
    return next;
  };
}

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** Takes namespaces away, with their devices, rules and rulesets, and what still runs in them. */
export async function deleteNamespaces(names: readonly string[]): Promise<void> {
  const ip = (what: string) => {
    const input = names.map((name) => `netns ${what} ${name}\n`).join('');
    return execa('ip', ['-force', '-batch', '-'], { reject: false, input });
  };
  const { stdout } = await ip('pids');
  for (const pid of stdout.split('\n').filter((line) => line !== '')) end(Number(pid));
  await ip('del');
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
