import { type Carried, carryOut } from '../host/carry-out.ts';
import type { Goal, Plan } from '../host/draw-plan.ts';
import { keepBefore } from '../host/keep-before.ts';
import { releaseLock, takeLock } from '../host/lock.ts';
import { attempt, makeRunFolder } from '../host/records.ts';
import { renderPlan } from '../plan/render-plan.ts';
import { printable } from '../text/printable.ts';
import { ask } from './ask.ts';
import { EXIT, type Exit } from './exit.ts';
import { complain, out, say } from './io.ts';
import { prepare } from './prepare.ts';

/** Seconds that another routec may still need. */
const PATIENCE = 20;

interface Change {
  readonly goal: Goal;
  readonly yes: boolean;
  /** What is asked on a terminal. */
  readonly question: string;
  /** Looks at the plan before anything else; an exit code stops here. */
  readonly look?: (plan: Plan) => Exit | undefined;
  /** Under the lock, once it is known what was before the first step; an exit code stops here. */
  readonly before?: (plan: Plan) => Exit | undefined;
  /** Under the lock, whatever came of it. */
  readonly after?: (plan: Plan, carried: Carried) => void;
}

/**
 * Plans the way to a goal, shows it, asks, and carries it out under the lock. What is live may have changed while
 * somebody thought about the question: then nothing is done.
 */
export function changeKernel({ goal, yes, question, look, before, after }: Change): Exit {
  if (!yes && !process.stdin.isTTY) {
    complain(
      'nobody can be asked: standard input is no terminal',
      'look at it first, then add `--yes`',
    );
    return EXIT.failed;
  }
  let shown: Plan | undefined;
  if (!yes) {
    shown = prepare(goal);
    if (shown === undefined) return EXIT.failed;
    const stop = look?.(shown);
    if (stop !== undefined) return stop;
    out(renderPlan(shown.steps, shown.leftOut));
    if (shown.steps.length > 0 && !ask(question)) {
      say('nothing was changed\n');
      return EXIT.no;
    }
  }
  const folder = makeRunFolder();
  if (folder.refused !== undefined) {
    complain(folder.refused);
    return EXIT.failed;
  }
  const locked = takeLock(PATIENCE);
  if ('refused' in locked) {
    complain(locked.refused);
    return EXIT.failed;
  }
  try {
    const plan = prepare(goal, shown);
    if (plan === undefined) return EXIT.failed;
    if (shown === undefined) {
      const stop = look?.(plan);
      if (stop !== undefined) return stop;
      out(renderPlan(plan.steps, plan.leftOut));
    } else if (plan.fingerprint !== shown.fingerprint) {
      complain('what is live has changed in the meantime: the plan is stale', 'plan again');
      return EXIT.no;
    }
    let kept: ReturnType<typeof keepBefore> | undefined;
    let stop: Exit | undefined;
    const unkept = attempt(() => {
      kept = keepBefore(plan, goal);
      stop = before?.(plan);
    });
    if (unkept !== undefined) complain(unkept, 'nothing was changed: make room, and try again');
    if (unkept !== undefined || stop !== undefined) {
      attempt(() => kept?.forget());
      return stop ?? EXIT.failed;
    }
    const carried = carryOut(plan, goal, locked.lock, (step, number) => {
      say(`${number}/${plan.steps.length} ${step.title}\n`);
    });
    after?.(plan, carried);
    if (carried.kind === 'done') attempt(() => kept?.finish());
    if (carried.kind === 'rolled-back') attempt(() => kept?.forget());
    return report(carried);
  } finally {
    releaseLock(locked.lock);
  }
}

/** Says how it ended where it did not end well. */
export function report(carried: Carried): Exit {
  switch (carried.kind) {
    case 'done':
      for (const what of carried.without) say(`warning: ${printable(what)}\n`);
      return EXIT.yes;
    case 'rolled-back':
      complain(carried.why, 'it was undone: all is as it was before');
      return EXIT.rolledBack;
    case 'stuck':
      complain(
        `${carried.why}; and it could not all be undone: ${printable(carried.left)}`,
        'what is marked and finds no route is refused meanwhile; mend the cause, then apply again',
      );
      return EXIT.stuck;
    default:
      carried satisfies never;
      return EXIT.bug;
  }
}
