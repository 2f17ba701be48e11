import { setImmediate, setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Command } from 'commander';
import type { BackendName } from '../../emit/backends.ts';
import { statusReader } from '../../host/read-status.ts';
import { readRecord } from '../../host/records.ts';
import { isWell, type Status, statusOf } from '../../plan/status.ts';
import { EXIT, type Exit } from '../exit.ts';
import { type ArtefactGoal, goalToLookAt } from '../goal-to-look-at.ts';
import { complain, out, palette } from '../io.ts';
import { backendOption } from '../options.ts';
import { jsonStatus } from '../reports/json-status.ts';
import { type Before, prettyStatus, type StatusHead } from '../reports/pretty-status.ts';

interface Options {
  readonly backend?: BackendName;
  readonly json: boolean;
  readonly watch: boolean;
}

/** `routec status [POLICY]`: what goes on, and what is not as it was loaded. */
export function statusCommand(program: Command, done: (exit: Exit) => void): void {
  program
    .command('status')
    .summary('say what goes on, line by line, and what is not as it was loaded')
    .description(
      'Says of each uplink whether it is up, and why not; of each line of the policy what it decided about; ' +
        'how balances really divide; and what of all that was loaded is missing, changed or foreign. Ends ' +
        'with 0 if all is well, with 1 if an uplink is not up or something is not as it was loaded, and with 2 if ' +
        'not all could be seen.',
    )
    .argument('[policy]', 'the policy (default: the one that was applied)')
    .option('--json', 'for programs', false)
    .option('--watch', 'look again each second, until Ctrl-C', false)
    .addOption(backendOption())
    .addHelpText('after', '\nExamples:\n  routec status\n  routec status policy.route --watch')
    .action(async (policy: string | undefined, options: Options) => {
      done(await run(policy, options));
    });
}

async function run(path: string | undefined, options: Options): Promise<Exit> {
  const goal = goalOf(path, options);
  if ('exit' in goal) return goal.exit;
  if (options.watch) return watch(path, goal, options);
  const seen = statusReader(goal)();
  if ('refused' in seen) return refuse(seen.refused);
  const status = statusOf(seen);
  const head = headOf(goal);
  if (options.json) out(jsonStatus(status, head, 2));
  else {
    const { columns, isTTY } = process.stdout;
    const width = isTTY ? columns : undefined;
    out(await prettyStatus(status, head, { palette: palette(process.stdout), width }));
  }
  return exitOf(status);
}

function goalOf(path: string | undefined, options: Options): ArtefactGoal | { exit: Exit } {
  const goal = goalToLookAt(path, options);
  if (goal !== undefined) return goal;
  if (process.getuid?.() === 0) {
    complain('nothing was applied since this machine was started', 'name the policy');
  } else complain('only root sees what was applied', 'name the policy, or sudo routec …');
  return { exit: EXIT.failed };
}

function refuse(why: string): Exit {
  complain(why);
  return EXIT.failed;
}

const headOf = ({ artefacts }: ArtefactGoal): StatusHead => ({
  policy: artefacts.base,
  since: readRecord('baseline')?.since,
});

function exitOf(status: Status): Exit {
  const well = isWell(status);
  if (well === undefined) return EXIT.failed;
  return well ? EXIT.yes : EXIT.no;
}

/** Milliseconds between two looks. */
const PAUSE = 1000;
/** Clears a terminal, and begins at its top. */
const CLEAR = '\u001b[H\u001b[2J\u001b[3J';

/** Looks again and again; ends as the last look would have, once somebody has seen enough. */
async function watch(
  path: string | undefined,
  first: ArtefactGoal,
  options: Options,
): Promise<Exit> {
  const { json } = options;
  const enough = new AbortController();
  const stop = (): void => enough.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  const leave = (status: Status): Exit => {
    if (process.stdout.isTTY && !json) out('\n');
    return exitOf(status);
  };
  let before: Before | undefined;
  let goal = first;
  let read = statusReader(goal);
  for (;;) {
    const began = performance.now();
    // What is applied meanwhile is what is looked at from then on.
    const next = path === undefined && before !== undefined ? goalOf(path, options) : goal;
    if ('exit' in next) return next.exit;
    if (!isDeepStrictEqual(next, goal)) {
      goal = next;
      read = statusReader(goal);
    }
    const seen = read();
    // Ctrl-C ends what was being read, too; it is heard of once nothing is.
    await setImmediate();
    if (enough.signal.aborted) return before === undefined ? EXIT.failed : leave(before.status);
    if ('refused' in seen) return refuse(seen.refused);
    const status = statusOf(seen);
    const { isTTY, columns, rows } = process.stdout;
    if (json) out(jsonStatus(status, headOf(goal)));
    else {
      const width = isTTY ? columns : undefined;
      const shown = { palette: palette(process.stdout), width, before };
      const text = await prettyStatus(status, headOf(goal), shown);
      out(
        isTTY
          ? CLEAR +
              text
                .split('\n')
                .slice(0, rows - 1)
                .join('\n')
          : `${text}\n`,
      );
    }
    try {
      await setTimeout(PAUSE, undefined, { signal: enough.signal });
    } catch {
      return leave(status);
    }
    before = { status, seconds: (performance.now() - began) / 1000 };
  }
}
