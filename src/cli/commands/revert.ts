import type { Command } from 'commander';
import { releaseLock, takeLock } from '../../host/lock.ts';
import { beginClock, waitForEnd } from '../../host/revert-timer.ts';
import { goOn, takeBack } from '../../host/take-back.ts';
import { report } from '../change-kernel.ts';
import { EXIT, type Exit } from '../exit.ts';
import { complain } from '../io.ts';

/** Seconds: whoever changes the kernel now may need long, but not for ever. */
const PATIENCE = 900;

/** `routec revert TOKEN`: the clock behind `apply --confirm`; nobody types it. */
export function revertCommand(program: Command, done: (exit: Exit) => void): void {
  program
    .command('revert', { hidden: true })
    .argument('<token>')
    .action((token: string) => {
      done(run(token));
    });
}

function run(token: string): Exit {
  beginClock(token);
  for (;;) {
    const end = waitForEnd(token);
    if (end === 'ended') return EXIT.yes;
    const locked = takeLock(PATIENCE);
    if ('refused' in locked) {
      complain(locked.refused);
      return EXIT.stuck;
    }
    try {
      const help = end === 'overdue' ? takeBack : goOn;
      const carried = help(token, locked.lock, () => {});
      if (carried !== undefined) return report(carried);
    } finally {
      releaseLock(locked.lock);
    }
  }
}
