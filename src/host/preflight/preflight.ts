import type { Goal, Plan } from '../draw-plan.ts';
import type { Finding } from '../finding.ts';

/** Looks at one thing before anything is changed; finds nothing if all is well. */
export interface PreflightCheck {
  readonly name: string;
  readonly run: (plan: Plan, goal: Goal) => readonly Finding[];
  /** Whether it goes by the plan alone: what it found holds as long as that does. */
  readonly once?: true;
  /** Where it finds an error: another plan to the same end, which may do. */
  readonly otherwise?: (plan: Plan) => Plan | undefined;
}
