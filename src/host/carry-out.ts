import { ownName } from '../plan/copy-name.ts';
import { addZeroed, type Counts } from '../plan/counts.ts';
import { planSteps } from '../plan/plan.ts';
import type { State } from '../plan/state.ts';
import type { Step } from '../plan/step.ts';
import { keepBaseline } from './baseline.ts';
import { drawKill } from './draw-kill.ts';
import { drawPlan, type Goal, type Plan, type Running, runningAfter } from './draw-plan.ts';
import { dropLinks, stageLinks } from './keep-links.ts';
import { readLinks, readNftBlocks, readState } from './live-state.ts';
import { readPolicyCounts } from './read-policy-counts.ts';
import { attempt, readRecord, removeRecord, writeRecord } from './records.ts';
import { run } from './run.ts';

/** How it ended. */
export type Carried =
  | {
      readonly kind: 'done';
      /** What on the way was refused and had to be done without, in words. */
      readonly without: readonly string[];
    }
  /** All is as it was before. */
  | { readonly kind: 'rolled-back'; readonly why: string }
  /** Neither here nor there; what differs still. */
  | { readonly kind: 'stuck'; readonly why: string; readonly left: string };

/** Told of each step as it is begun. */
export type Watch = (step: Step, number: number) => void;

/**
 * Carries a plan out, under the lock, once `keepBefore` has kept what was before: each step is one call of a
 * tool, and in the end the kernel is read back. If a step is refused, or what is live is not what was wanted,
 * all is undone in reverse: then it is begun still, for who calls it knows whether an earlier one was broken off.
 *
 * @param next the artefacts that run from then on
 */
export function carryOut(plan: Plan, goal: Goal, lock: number, watch: Watch): Carried {
  const { steps, live } = plan;
  const next = runningAfter(goal);
  return undisturbed(() => {
    let begun = 0;
    let why: string | undefined;
    const zeroed: Zeroing[] = [];
    const without: string[] = [];
    const needed = steps.filter(({ optional }) => optional !== true);
    for (const step of needed) {
      begun += 1;
      watch(step, begun);
      if (isFirstToZero(step, zeroed)) {
        zeroed.push({ step, counts: readCounts(plan.running, plan, step) });
      }
      const ran = run(step.run, lock);
      if ('refused' in ran) {
        why = `step ${begun}, ${step.title}: ${ran.refused}`;
        break;
      }
    }
    // What nothing was done about was just read.
    if (needed.length > 0) why ??= whatDiffers(goal, plan);
    if (why === undefined) {
      const unkept = attempt(() => keepAfter(next, plan, zeroed));
      // An apply of which nobody would know is undone. The way back needs no disk: what was known is wrong now, so it goes.
      if (goal.kind === 'artefacts') why = unkept;
      else if (unkept !== undefined) {
        without.push(unkept);
        attempt(() => removeRecord('running'));
        attempt(dropLinks);
      }
    }
    if (why === undefined) {
      // Nobody brings a connection back: these come when all else is done.
      for (const step of steps.filter(({ optional }) => optional === true)) {
        begun += 1;
        watch(step, begun);
        without.push(...letBegin(step.kills === true ? killNow(goal) : [step], lock));
      }
      attempt(() => removeRecord('begun'));
      return { kind: 'done', without };
    }
    for (const { undo } of needed.slice(0, begun).reverse()) {
      if (undo !== undefined) run(undo, lock);
    }
    const left = returnTo(live, plan, lock);
    if (left !== undefined) return { kind: 'stuck', why, left };
    return { kind: 'rolled-back', why };
  });
}

/** A step that zeroes counts, and what they were. */
interface Zeroing {
  readonly step: Step;
  readonly counts: Counts;
}

/** Keeps what runs from now on, and what was counted until then. */
function keepAfter(next: Running | undefined, plan: Plan, zeroed: readonly Zeroing[]): void {
  if (zeroed.length > 0) {
    const known = readRecord('counters') ?? {};
    const sum = (all: Counts, { step, counts }: Zeroing): Counts =>
      addZeroed(all, counts, readCounts(next, plan, step), step.zeroes ?? 'some');
    writeRecord('counters', zeroed.reduce(sum, known));
  }
  keepBaseline(next);
  // Where rules stay and nobody knows whose, they were loaded by hand: where from, only that one knows.
  const byHand = next === undefined && plan.target.state.rules[4].length > 0;
  const putLinks = byHand ? dropLinks : stageLinks(next);
  if (next !== undefined) writeRecord('running', next);
  else {
    if (plan.running !== undefined) writeRecord('past', plan.running);
    removeRecord('running');
  }
  putLinks();
}

/** Where a step does not say in what, all counts are read before the first such one. */
const isFirstToZero = ({ zeroes, zeroesIn }: Step, before: readonly Zeroing[]): boolean =>
  zeroes !== undefined &&
  (zeroesIn !== undefined || before.every(({ step }) => step.zeroesIn !== undefined));

/** In the last moment before a step zeroes them, and after all. */
function readCounts(running: Running | undefined, { live }: Plan, { zeroesIn }: Step): Counts {
  if (running === undefined) return {};
  const table = zeroesIn && live.nft && readNftBlocks(zeroesIn, live.nft);
  if (table !== undefined && 'refused' in table) return {};
  // What a copy has counted, its own has not.
  const counted = zeroesIn?.flatMap((name) => {
    const block = table?.value?.get(name);
    return block === undefined ? [] : [[ownName(name), block] as const];
  });
  const counts = readPolicyCounts(
    running,
    counted && new Map(counted),
    counted?.map(([name]) => name),
  );
  if (counts === undefined || 'refused' in counts) return {};
  return Object.fromEntries([...counts.rules].filter(([, [packets]]) => packets > 0));
}

/** What is live and not as the goal says, in words. Devices may have come and gone since. */
function whatDiffers(goal: Goal, { tried }: Plan): string | undefined {
  const plan = drawPlan(withoutKill(goal), tried);
  if ('refused' in plan) return plan.refused;
  const [step] = plan.steps.filter(({ optional }) => optional !== true);
  return step === undefined ? undefined : `read back, ${describe(step)}`;
}

const withoutKill = (goal: Goal): Goal => {
  if (goal.kind !== 'artefacts') return goal;
  const { kill: _, ...rest } = goal;
  return rest;
};

/** Of the connections that there are by now. */
function killNow(goal: Goal): readonly Step[] | { readonly refused: string } {
  if (goal.kind !== 'artefacts') return [];
  const plan = drawPlan(withoutKill(goal), 'unread');
  const kill = 'refused' in plan ? plan : drawKill(goal.kill, plan.target.state);
  return 'refused' in kill ? kill : kill.steps;
}

/** What conntrack says where no connection is like that. */
const NONE = / 0 flow entries have been deleted\.$/;

/** Lets connections begin anew; says what was refused. */
function letBegin(
  steps: readonly Step[] | { readonly refused: string },
  lock: number,
): readonly string[] {
  if ('refused' in steps) return [steps.refused];
  return steps.flatMap((step) => {
    const ran = run(step.run, lock);
    return 'refused' in ran && !NONE.test(ran.refused) ? [`${step.title}: ${ran.refused}`] : [];
  });
}

function describe({ title, changes }: Step): string {
  const first = changes[0];
  return `${title}: ${first === undefined ? 'it differs' : `${first.sign} ${first.text}`}`;
}

/** Sees to it that what was live is live again; says what is not. */
function returnTo(before: State, { target, links }: Plan, lock: number): string | undefined {
  for (let tries = 0; ; tries += 1) {
    const now = readLinks();
    if ('refused' in now) return now.refused;
    const { own, guard } = protocols(target.guard);
    const live = readState({ own, guard }, now.value, Object.keys(before.settings), [
      'nft',
      ...(target.state.iptables.size + before.iptables.size > 0 ? (['iptables'] as const) : []),
    ]);
    if ('refused' in live) return live.refused;
    // What the kernel took away with a device, nobody can bring back.
    const lost = (line: string): boolean =>
      [...links].some(
        ([name, link]) =>
          link.up && now.value.get(name)?.up !== true && line.includes(`dev ${name} `),
      );
    const state: State = {
      ...before,
      routes: {
        4: before.routes[4].filter((line) => !lost(line)),
        6: before.routes[6].filter((line) => !lost(line)),
      },
    };
    // If a change of the ruleset did not do, all of it is refilled.
    const to = { state, guard, named: new Set<string>(), gone: [], wholly: tries > 0 };
    const steps = planSteps(to, live.value);
    const [first] = steps;
    if (first === undefined) return undefined;
    if (tries > 1) return describe(first);
    for (const step of steps) run(step.run, lock);
  }
}

const protocols = (guard: string) => ({ own: String(Number(guard) - 1), guard });

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGPIPE'] as const;

/** A terminal that is closed, or somebody's Ctrl-C, must not end what is half done. */
function undisturbed<T>(work: () => T): T {
  const ignore = (): void => {};
  for (const signal of SIGNALS) process.on(signal, ignore);
  try {
    return work();
  } finally {
    for (const signal of SIGNALS) process.off(signal, ignore);
  }
}
