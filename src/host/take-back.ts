import { type Carried, carryOut, type Watch } from './carry-out.ts';
import { drawPlan, type Goal, type Plan, refilling } from './draw-plan.ts';
import { draftBefore, keepOriginal } from './keep-before.ts';
import {
  attempt,
  claimPending,
  forgetOverdue,
  overdueToken,
  type RecordOf,
  readRecord,
  removeRecord,
  writeRecord,
} from './records.ts';

/** The way back to what was live before the last apply, if that is known. */
export function goalBefore(): (Goal & { readonly kind: 'snapshot' }) | undefined {
  const before = readRecord('before');
  return before === undefined ? undefined : { kind: 'snapshot', before };
}

/**
 * Takes back what nobody confirmed, under the lock; unless somebody else has just said how it ends. It needs no disk: where
 * nothing can be written, nobody knows afterwards, but nobody is locked out.
 *
 * @returns how it ended, or nothing where there was nothing to take back any more
 */
export function takeBack(token: string, lock: number, watch: Watch): Carried | undefined {
  if (readRecord('pending')?.token !== token || !isOurs()) return undefined;
  return comeBack(token, lock, watch);
}

/**
 * Goes on, under the lock, with a way back on which the clock was killed, or whoever else rolled back; where it had only
 * not told how that ended, there is nothing left to do.
 *
 * @returns how it ended, or nothing where nobody is on a way back: somebody else has said how it ends
 */
export function goOn(token: string, lock: number, watch: Watch): Carried | undefined {
  const isTold = readRecord('outcome')?.token === token;
  return overdueToken() === token && !isTold ? comeBack(token, lock, watch) : undefined;
}

function comeBack(token: string, lock: number, watch: Watch): Carried {
  const { ended, left } = goBack(lock, watch);
  const untold = tellOutcome(token, ended);
  // Who goes on where nobody has told the outcome goes to what was before.
  if (untold === undefined && left !== undefined) attempt(() => writeRecord('before', left));
  return ended;
}

/** Writes down how a way back ended; or says why that can't be. */
export function tellOutcome(token: string, ended: Carried): string | undefined {
  const outcome: RecordOf<'outcome'> =
    ended.kind === 'done'
      ? { token, outcome: 'reverted' }
      : { token, outcome: 'stuck', why: ended.why };
  return attempt(() => {
    writeRecord('outcome', outcome);
    forgetOverdue();
  });
}

/** Where the record can't be taken away, nobody else can take it either. */
function isOurs(): boolean {
  let claimed = true;
  attempt(() => {
    claimed = claimPending('overdue');
  });
  return claimed;
}

/** @returns how it ended; and what was live until then, where it is what was before from now on */
function goBack(
  lock: number,
  watch: Watch,
): { readonly ended: Carried; readonly left?: RecordOf<'before'> | undefined } {
  const goal = goalBefore();
  if (goal === undefined) return stuck('what was before is not known any more');
  const plan = drawPlan(goal);
  if ('refused' in plan) return stuck(plan.refused);
  // What was before stays known until it is live again: who goes on after a kill needs it.
  const [left, killed] = [draftBefore(plan), readRecord('begun')];
  const go = (its: Plan): Carried => {
    attempt(() => {
      keepOriginal(its);
      writeRecord('begun', { pid: process.pid });
    });
    return carryOut(its, goal, lock, watch);
  };
  let ended = go(plan);
  if (ended.kind === 'rolled-back') {
    // Once more, from what is there by then: an address may have come, or a part of the ruleset been refused.
    const again = drawPlan(goal);
    if (!('refused' in again)) ended = go(refilling(again) ?? again);
  }
  if (ended.kind === 'rolled-back' && killed === undefined) attempt(() => removeRecord('begun'));
  return ended.kind === 'done' ? { ended, left } : { ended };
}

const stuck = (why: string): { readonly ended: Carried } => ({
  ended: { kind: 'stuck', why, left: 'nothing was changed' },
});
