import * as v from 'valibot';
import { isKill } from './kill-step.ts';
import type { Step } from './step.ts';

/** The format of a saved plan; a higher one was written by a newer routec. */
export const PLAN_FORMAT = 1;

const Command = v.object({
  argv: v.tupleWithRest([v.string()], v.string()),
  stdin: v.exactOptional(v.string()),
  opens: v.exactOptional(v.literal(true)),
});
const Shown = v.object({ sign: v.picklist(['+', '-', '~']), text: v.string() });
const PlanFile = v.object({
  format: v.literal(PLAN_FORMAT),
  /** Of the live state that it was drawn from. */
  fingerprint: v.string(),
  artefacts: v.object({ base: v.string(), files: v.record(v.string(), v.string()) }),
  /** The families in which the policy forwards. */
  families: v.array(v.picklist([4, 6])),
  steps: v.array(
    v.object({
      sign: v.picklist(['+', '-', '~']),
      title: v.string(),
      effect: v.string(),
      changes: v.array(Shown),
      run: Command,
      undo: v.exactOptional(Command),
      optional: v.exactOptional(v.literal(true)),
      kills: v.exactOptional(v.literal(true)),
      zeroes: v.exactOptional(v.picklist(['all', 'some'])),
      zeroesIn: v.exactOptional(v.array(v.string())),
    }),
  ),
});
export type PlanFile = v.InferOutput<typeof PlanFile>;

/** A plan as it is saved. */
export function writePlanFile(
  plan: Omit<PlanFile, 'format' | 'steps'> & { readonly steps: readonly Step[] },
): string {
  return `${JSON.stringify({ format: PLAN_FORMAT, ...plan }, null, 2)}\n`;
}

/** All other steps are planned again, and only compared with these. */
const isOurs = ({ kills, run }: PlanFile['steps'][number]): boolean =>
  kills !== true || isKill(run);

/** A saved plan's text, or why it can't be used. */
export function readPlanFile(text: string): PlanFile | { readonly wrong: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { wrong: 'it is no JSON' };
  }
  const parsed = v.safeParse(PlanFile, json);
  if (parsed.success && parsed.output.steps.every(isOurs)) return parsed.output;
  return { wrong: 'it is not as `routec plan -o` writes it' };
}
