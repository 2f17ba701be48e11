import { drawPlan, type Goal, type Plan, refilling } from '../host/draw-plan.ts';
import type { Finding } from '../host/finding.ts';
import { PREFLIGHT } from '../host/preflight-checks.ts';
import { printable } from '../text/printable.ts';
import { complain, say } from './io.ts';

/**
 * Draws the plan to a goal and looks at all that could stand against it; nothing once that is complained
 * about.
 *
 * @param shown the same, as it was some time ago
 */
export function prepare(goal: Goal, shown?: Plan): Plan | undefined {
  if (process.getuid?.() !== 0) {
    complain('only root sees what is live, and changes it', 'sudo routec …');
    return undefined;
  }
  const drawn = drawPlan(goal, shown?.tried);
  if ('refused' in drawn) {
    complain(drawn.refused);
    return undefined;
  }
  const again = drawn.fingerprint === shown?.fingerprint;
  let plan = (again && shown?.target.wholly && refilling(drawn)) || drawn;
  let fatal = false;
  for (const check of PREFLIGHT.filter(({ once }) => !again || once !== true)) {
    let found = check.run(plan, goal);
    const other = found.some(isFatal) ? check.otherwise?.(plan) : undefined;
    if (other !== undefined) {
      const left = check.run(other, goal);
      if (!left.some(isFatal)) {
        found = [...found.map((each) => ({ ...each, severity: 'warning' as const })), ...left];
        plan = other;
      }
    }
    // What is no error was said when it was shown.
    for (const each of found) if (!again || isFatal(each)) tell(each);
    fatal ||= found.some(isFatal);
  }
  return fatal ? undefined : plan;
}

const isFatal = ({ severity }: Finding): boolean => severity === 'error';

function tell({ severity, message, help }: Finding): void {
  if (severity === 'error') complain(message, help);
  else say(`warning: ${printable(message)}${help === undefined ? '' : ` (${printable(help)})`}\n`);
}
