import { execa, type Options } from 'execa';
import { ROUTEC } from '../lab/place.ts';

/** For tests: how a command ended, and what it printed. */
export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** For tests: the bundle as it ships, without a terminal, colours or anything to read. */
export const tryRoutec = (
  cwd: string,
  words: readonly string[],
  options: Options = {},
): Promise<Ended> =>
  execa(process.execPath, [ROUTEC, ...words], {
    cwd,
    reject: false,
    timeout: 60_000,
    input: '',
    env: { NO_COLOR: '1' },
    ...options,
  }) as unknown as Promise<Ended>;
