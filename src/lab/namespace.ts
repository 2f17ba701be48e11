import { execa } from 'execa';

/** A network namespace of the lab. */
export interface Namespace {
  readonly name: string;
  /** Runs a tool in it and gives what that printed; a tool that fails is an error that quotes it. */
  run(file: string, args: readonly string[], input?: string): Promise<string>;
}

/** Makes a namespace, with a loopback device that is up. */
export async function addNamespace(name: string): Promise<Namespace> {
  await execa('ip', ['netns', 'add', name]);
  const run: Namespace['run'] = async (file, args, input = '') => {
    const { stdout } = await execa('ip', ['netns', 'exec', name, file, ...args], { input });
    return stdout;
  };
  await run('ip', ['link', 'set', 'lo', 'up']);
  return { name, run };
}

/** Takes a namespace away, with its devices, rules and rulesets, and what still runs in it. */
export async function deleteNamespace(name: string): Promise<void> {
  const { stdout } = await execa('ip', ['netns', 'pids', name], { reject: false });
  for (const pid of stdout.split('\n').filter((line) => line !== '')) end(Number(pid));
  await execa('ip', ['netns', 'del', name], { reject: false });
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
