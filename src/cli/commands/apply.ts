import type { Command } from 'commander';
import type { BackendName } from '../../emit/backends.ts';
import type { Goal, Plan } from '../../host/draw-plan.ts';
import { keepGood } from '../../host/last-good.ts';
import { releaseLock, takeLock } from '../../host/lock.ts';
import { RUN_FOLDER, readRecord, removeRecord, writeRecord } from '../../host/records.ts';
import { isAbandoned, now, startTimer, waitForOutcome } from '../../host/revert-timer.ts';
import { goOn, takeBack } from '../../host/take-back.ts';
import { scanDuration } from '../../net/duration.ts';
import { isFault } from '../../net/fault.ts';
import type { PlanFile } from '../../plan/plan-file.ts';
import { renderCommands } from '../../plan/render-plan.ts';
import { changeKernel, report } from '../change-kernel.ts';
import { compileGoal } from '../compile-goal.ts';
import { EXIT, type Exit } from '../exit.ts';
import { complain, out, say } from '../io.ts';
import { backendOption, formatOption, killOption, strictOption } from '../options.ts';
import { prepare } from '../prepare.ts';
import { readPlan } from '../read-plan.ts';
import type { Format } from '../show-diagnostics.ts';

interface Options {
  readonly backend?: BackendName;
  readonly kill: boolean;
  readonly strict: boolean;
  readonly format: Format;
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly confirm?: string;
}

type Artefacts = Goal & { readonly kind: 'artefacts' };

/** `routec apply POLICY|PLAN`: all of it, or nothing. */
export function applyCommand(program: Command, done: (exit: Exit) => void): void {
  program
    .command('apply')
    .summary('load a policy on this router: all of it, or nothing')
    .description(
      'Loads a policy, or carries a saved plan out, while traffic goes on. If a step fails, all is undone. ' +
        'Applied twice, it does nothing the second time.',
    )
    .argument('<policy|plan>', 'the policy, `-` for standard input, or what `routec plan -o` saved')
    .option('--yes', 'do not ask (needed where standard input is no terminal)', false)
    .option(
      '--confirm <time>',
      'take it back after that time, as in 60s, unless `routec confirm` comes from another login',
    )
    .option('--dry-run', 'print the exact commands and their standard input; change nothing', false)
    .addOption(killOption())
    .addOption(backendOption())
    .addOption(strictOption())
    .addOption(formatOption())
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  routec apply policy.route --confirm 60s    and from a second login: routec confirm',
        '  routec plan policy.route -o tonight.json && routec apply tonight.json --yes',
        '  routec apply policy.route --dry-run',
      ].join('\n'),
    )
    .action((path: string, options: Options) => {
      done(run(path, options));
    });
}

function run(path: string, options: Options): Exit {
  const time = options.confirm === undefined ? undefined : scanDuration(options.confirm);
  if (time !== undefined && isFault(time)) {
    complain(`--confirm: ${time.fault}`, time.write);
    return EXIT.failed;
  }
  const saved = readPlan(path);
  if (saved === 'complained') return EXIT.failed;
  if (saved !== undefined && options.kill) {
    complain('a saved plan deletes the connections that it names', 'say `--kill` to `routec plan`');
    return EXIT.failed;
  }
  const compiled = saved === undefined ? compileGoal(path, options) : { goal: goalOf(saved) };
  if ('exit' in compiled) return compiled.exit;
  const { goal } = compiled;
  const look = (plan: Plan): Exit | undefined =>
    saved === undefined ? undefined : fits(plan, saved);
  if (options.dryRun) return dryRun(goal, look);
  const pending = readRecord('pending');
  if (pending !== undefined) {
    if (!isAbandoned(pending)) return stillPending();
    removeRecord('pending');
  }
  return apply(goal, options.yes, look, time?.value);
}

function goalOf({ artefacts, families, steps }: PlanFile): Artefacts {
  const kill = steps.find(({ kills }) => kills === true);
  return { kind: 'artefacts', artefacts, families, ...(kill === undefined ? {} : { kill }) };
}

/**
 * A saved plan is carried out as it was shown, or not at all. What undoes it holds the counts of now, and what sets have learned: it
 * goes by what is live, so the fingerprint is enough.
 */
function fits(plan: Plan, saved: PlanFile): Exit | undefined {
  const shown = (steps: Plan['steps'] | PlanFile['steps']): string =>
    JSON.stringify(steps.map(inOrder));
  const same = shown(plan.steps) === shown(saved.steps);
  if (plan.fingerprint === saved.fingerprint && same) return undefined;
  complain('the router is not as it was when that was planned: the plan is stale', 'plan again');
  return EXIT.no;
}

/** What a step does and says, whatever the order in which a file has it. */
const inOrder = (step: Plan['steps'][number] | PlanFile['steps'][number]): readonly unknown[] => {
  const { sign, title, effect, changes, run, optional, kills, zeroes, zeroesIn } = step;
  const marks = [optional, kills, zeroes, zeroesIn];
  return [sign, title, effect, changes, run.argv, run.stdin, run.opens, ...marks];
};

function dryRun(goal: Artefacts, look: (plan: Plan) => Exit | undefined): Exit {
  const plan = prepare(goal);
  if (plan === undefined) return EXIT.failed;
  const stop = look(plan);
  if (stop !== undefined) return stop;
  out(renderCommands(plan.steps));
  return EXIT.yes;
}

function stillPending(): Exit {
  complain(
    'an apply still waits to be confirmed',
    '`routec confirm` keeps it, `routec rollback` takes it back',
  );
  return EXIT.failed;
}

function apply(
  goal: Artefacts,
  yes: boolean,
  look: (plan: Plan) => Exit | undefined,
  confirm: number | undefined,
): Exit {
  let token: string | undefined;
  let deadline = 0n;
  const exit = changeKernel({
    goal,
    yes,
    question: 'Do all that?',
    look,
    before: ({ steps }) => {
      // Whoever had the lock until now may wait to be confirmed.
      if (readRecord('pending') !== undefined) return stillPending();
      if (confirm === undefined || steps.every(({ optional }) => optional)) return undefined;
      const started = startTimer(process.argv.slice(0, 2));
      if ('refused' in started) {
        complain(started.refused, 'nothing was changed');
        return EXIT.failed;
      }
      token = started.token;
      return undefined;
    },
    after: (_, carried) => {
      if (token === undefined) return;
      if (carried.kind !== 'done') {
        removeRecord('pending');
        return;
      }
      const pending = readRecord('pending');
      deadline = now() + BigInt(confirm ?? 0) * 1_000_000n;
      if (pending !== undefined) writeRecord('pending', { ...pending, deadline: String(deadline) });
    },
  });
  if (exit !== EXIT.yes) return exit;
  if (token === undefined) return keep(goal);
  say(
    `loaded. It is taken back in ${(confirm ?? 0) / 1000}s, unless \`routec confirm\` comes from another login\n`,
  );
  return awaitEnd(token, deadline);
}

function keep(goal: Artefacts): Exit {
  const kept = keepGood(goal.artefacts);
  if (kept.refused !== undefined) {
    say(`warning: it runs, but is not kept for the next boot: ${kept.refused}\n`);
  }
  return EXIT.yes;
}

/** Waits for the end. Should the clock have been killed, this is one more, and goes on where that was on its way. */
function awaitEnd(token: string, deadline: bigint): Exit {
  const outcome = waitForOutcome(token, deadline);
  if (outcome !== 'overdue' && outcome !== 'untold') return told(outcome);
  const locked = takeLock(60);
  if ('refused' in locked) {
    complain(locked.refused);
    return EXIT.stuck;
  }
  try {
    // Whoever held the lock until now may have claimed it and died, or left it to the clock again.
    const carried = takeBack(token, locked.lock, () => {}) ?? goOn(token, locked.lock, () => {});
    if (carried !== undefined && carried.kind !== 'done') return report(carried);
    if (carried !== undefined) return told('reverted');
  } finally {
    releaseLock(locked.lock);
  }
  // Whoever held the lock until now may have said how it ended.
  const late = readRecord('outcome');
  return told(late?.token === token ? late.outcome : 'untold');
}

function told(outcome: 'confirmed' | 'reverted' | 'stuck' | 'untold'): Exit {
  switch (outcome) {
    case 'confirmed':
      say('confirmed\n');
      return EXIT.yes;
    case 'reverted':
      complain('not confirmed in time', 'it was taken back: all is as it was before');
      return EXIT.reverted;
    case 'stuck':
      complain(
        `not confirmed, and it could not be taken back: ${readRecord('outcome')?.why ?? ''}`,
      );
      return EXIT.stuck;
    case 'untold':
      complain(
        'how it ended is not known: it could not be written down, or somebody has loaded since',
        `\`routec status\` says what runs; make room in ${RUN_FOLDER}`,
      );
      return EXIT.stuck;
    default:
      outcome satisfies never;
      return EXIT.bug;
  }
}
