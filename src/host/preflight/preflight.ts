import type { Goal, Plan } from '../draw-plan.ts';
import type { Finding } from '../finding.ts';

/** Looks at one thing before anything is changed; finds nothing if all is well. */
export interface PreflightCheck {
  readonly name: string;
  readonly run: (plan: Plan, goal: Goal) => readonly Finding[];
}
