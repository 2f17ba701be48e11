import type { Command } from 'commander';
import type { Carried } from '../../host/carry-out.ts';
import { keepGood } from '../../host/last-good.ts';
import {
  attempt,
  claimPending,
  forgetOverdue,
  readRecord,
  unclaimPending,
} from '../../host/records.ts';
import { goalBefore, tellOutcome } from '../../host/take-back.ts';
import { changeKernel } from '../change-kernel.ts';
import { EXIT, type Exit } from '../exit.ts';
import { complain, say } from '../io.ts';

interface Options {
  readonly yes: boolean;
}

/** `routec rollback`: back to what was live before the last apply. */
export function rollbackCommand(program: Command, done: (exit: Exit) => void): void {
  program
    .command('rollback')
    .summary('go back to what was live before the last apply')
    .description(
      'Goes back to what was live before the last apply, in the same order and with the same care. A second ' +
        'rollback undoes the first. What was before a boot is not known any more.',
    )
    .option('--yes', 'do not ask (needed where standard input is no terminal)', false)
    .action((options: Options) => {
      done(run(options));
    });
}

function run({ yes }: Options): Exit {
  const goal = goalBefore();
  if (goal === undefined) {
    complain('nothing was applied since this machine was started');
    return EXIT.failed;
  }
  const token = readRecord('pending')?.token;
  return changeKernel({
    goal,
    yes,
    question: 'Go back to that?',
    before: () => {
      // Whoever had the lock until now may wait to be confirmed: what was before is another then.
      if (
        readRecord('pending')?.token !== token ||
        (token !== undefined && !claimPending('overdue'))
      ) {
        complain('something has just been loaded or confirmed, or is being taken back');
        return EXIT.failed;
      }
      if (token === undefined) forgetOverdue();
      return undefined;
    },
    after: (_, carried) => {
      if (token !== undefined) endWait(token, carried);
      const { running } = goal.before;
      if (carried.kind !== 'done' || running === undefined) return;
      const kept = keepGood(running);
      if (kept.refused !== undefined) {
        say(`warning: it runs, but is not kept for the next boot: ${kept.refused}\n`);
      }
    },
  });
}

/** Tells who waits how it ended; what was undone, the clock takes back in time. */
function endWait(token: string, carried: Carried): void {
  if (carried.kind !== 'rolled-back') tellOutcome(token, carried);
  else if (attempt(unclaimPending) === undefined) {
    say('what waits to be confirmed is as it was: it is still taken back in time\n');
  }
}
