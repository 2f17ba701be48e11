import { drawPlan, type Goal, type Plan } from '../host/draw-plan.ts';
import { PREFLIGHT } from '../host/preflight-checks.ts';
import { printable } from '../text/printable.ts';
import { complain, say } from './io.ts';

/**
 * Draws the plan to a goal and looks at all that could stand against it; nothing once that is complained
 * about.
 */
export function prepare(goal: Goal): Plan | undefined {
  if (process.getuid?.() !== 0) {
    complain('only root sees what is live, and changes it', 'sudo routec …');
    return undefined;
  }
  const plan = drawPlan(goal);
  if ('refused' in plan) {
    complain(plan.refused);
    return undefined;
  }
  let fatal = false;
  for (const check of PREFLIGHT) {
    for (const { message, help, severity } of check.run(plan, goal)) {
      const stops = severity === 'error';
      if (stops) complain(message, help);
      else
        say(`warning: ${printable(message)}${help === undefined ? '' : ` (${printable(help)})`}\n`);
      fatal ||= stops;
    }
  }
  return fatal ? undefined : plan;
}
