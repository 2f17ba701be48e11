import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FRAME } from './frame.ts';
import type { Namespace } from './namespace.ts';
import { startScript } from './start-script.ts';

/** Sends frames into a device, in their order and over and over, some hundred thousand a second and more. */
export interface Sender {
  /** As fast as it goes, until so many are sent or the time is up. */
  flood(seconds: number, count: number): Promise<Sent>;
  /** So many a second, until `halt`. */
  pace(rate: number): void;
  /** What `pace` came to. */
  halt(): Promise<Sent>;
  stop(): Promise<void>;
}

export interface Sent {
  readonly packets: number;
  readonly seconds: number;
}

/**
 * @param core where it runs, before all else that would, and so all that the kernel does for its packets; any
 * core, and at its turn, if nothing is said
 */
export async function startSender(
  namespace: Namespace,
  device: string,
  frames: Uint8Array,
  core?: number,
): Promise<Sender> {
  const { ground } = namespace;
  const folder = mkdtempSync(join(ground.folder, 'frames-'));
  try {
    writeFileSync(join(folder, 'frames'), frames);
    const script = fileURLToPath(new URL('send-frames.pl', import.meta.url));
    const seen = join(ground.at, basename(folder), 'frames');
    const pin =
      core === undefined ? [] : ['nice', '-n', '-20', 'taskset', '--cpu-list', String(core)];
    const words = [...pin, 'perl', script, device, seen, String(FRAME)];
    const { ask, tell, answer, stop } = await startScript(namespace, words);
    return {
      flood: async (seconds, count) => read(await ask(`flood ${seconds} ${count}`)),
      pace: (rate) => tell(`pace ${rate}`),
      halt: async () => {
        tell('halt');
        return read(await answer());
      },
      stop,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function read(line: string): Sent {
  const [packets = Number.NaN, seconds = Number.NaN] = line.split(' ').map(Number);
  return { packets, seconds };
}
