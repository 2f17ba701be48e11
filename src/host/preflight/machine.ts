import { DOCTOR } from '../doctor-checks.ts';
import { examine } from '../examine.ts';
import type { PreflightCheck } from './preflight.ts';

/** What on this machine stands against a policy. A way back is never refused for that. */
export const machine: PreflightCheck = {
  name: 'machine',
  run: (plan, goal) => {
    if (goal.kind !== 'artefacts') return [];
    const examined = examine({ goal, plan });
    const found = DOCTOR.filter(({ decides }) => decides).flatMap((check) => check.run(examined));
    const refused = examined.machine
      .unread()
      .map((message) => ({ severity: 'error', message }) as const);
    return [...found.filter(({ severity }) => severity !== 'note'), ...refused];
  },
};
