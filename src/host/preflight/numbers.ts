import { numberClashes } from '../../plan/number-clashes.ts';
import { lockOf } from '../draw-plan.ts';
import type { PreflightCheck } from './preflight.ts';

/** Numbers that are to mean another thing than what runs would move open connections elsewhere. */
export const numbers: PreflightCheck = {
  name: 'numbers',
  run: ({ running }, goal) => {
    if (goal.kind !== 'artefacts') return [];
    const [wanted, runs] = [lockOf(goal.artefacts), lockOf(running)];
    if (wanted === undefined || runs === undefined) return [];
    return numberClashes(wanted, runs).map((clash) => ({
      severity: 'error',
      message: `${clash}: open connections would change their uplink`,
      help: 'take the manifest back from git, or take away what runs first: routec down',
    }));
  },
};
