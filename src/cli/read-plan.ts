import { distrust } from '../host/may-be-trusted.ts';
import { readFile } from '../host/read-file.ts';
import { type PlanFile, readPlanFile } from '../plan/plan-file.ts';
import { complain } from './io.ts';

/** The saved plan that an argument names; none where it names a policy. */
export function readPlan(path: string): PlanFile | 'complained' | undefined {
  if (!path.endsWith('.json')) return undefined;
  const file = readFile(path);
  if ('refused' in file) {
    complain(`${path}: ${file.refused}`);
    return 'complained';
  }
  const doubt = distrust(path);
  if (doubt !== undefined) {
    complain(doubt.message, doubt.help);
    return 'complained';
  }
  const plan = readPlanFile(new TextDecoder().decode(file.bytes));
  if (!('wrong' in plan)) return plan;
  complain(`${path}: ${plan.wrong}`, 'plan again');
  return 'complained';
}
