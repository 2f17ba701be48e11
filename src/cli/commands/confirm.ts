import type { Command } from 'commander';
import { keepGood } from '../../host/last-good.ts';
import { loginOf } from '../../host/login.ts';
import { attempt, claimPending, readRecord, writeRecord } from '../../host/records.ts';
import { EXIT, type Exit } from '../exit.ts';
import { complain, say } from '../io.ts';

interface Options {
  readonly sameLogin: boolean;
}

/** `routec confirm`: keeps what was applied with `--confirm`. */
export function confirmCommand(program: Command, done: (exit: Exit) => void): void {
  program
    .command('confirm')
    .summary('keep what was applied with --confirm')
    .description(
      'Keeps what `routec apply --confirm` loaded. It must come from another login than the apply: that ' +
        'one can still get in is what it proves.',
    )
    .option('--same-login', 'from this login too, at a console say: it proves nothing', false)
    .action((options: Options) => {
      done(run(options));
    });
}

function run({ sameLogin }: Options): Exit {
  const pending = readRecord('pending');
  if (pending === undefined) {
    complain('nothing waits to be confirmed');
    return EXIT.failed;
  }
  if (pending.deadline === undefined) {
    complain('it is still being applied', 'try again in a moment');
    return EXIT.failed;
  }
  const here = loginOf();
  if (!sameLogin && pending.login.some((each) => here.includes(each))) {
    complain(
      'this is the login that applied it: that it still works proves nothing',
      'log in once more, and confirm from there; `--same-login` if there is no other way',
    );
    return EXIT.failed;
  }
  const { token } = pending;
  let claimed = false;
  const unwritable = attempt(() => {
    claimed = claimPending('claimed');
  });
  if (unwritable !== undefined) {
    complain(unwritable, 'it will be taken back: make that writable, and confirm again');
    return EXIT.failed;
  }
  if (!claimed) {
    complain('too late: it is being taken back');
    return EXIT.failed;
  }
  const untold = attempt(() => writeRecord('outcome', { token, outcome: 'confirmed' }));
  if (untold !== undefined) say(`warning: the one who applied is not told: ${untold}\n`);
  const running = readRecord('running');
  const kept = running === undefined ? {} : keepGood(running);
  if (kept.refused !== undefined) {
    say(`warning: it runs, but is not kept for the next boot: ${kept.refused}\n`);
  }
  say('confirmed: it stays\n');
  return EXIT.yes;
}
