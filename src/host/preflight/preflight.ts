import type { Goal, Plan } from '../draw-plan.ts';

/** What stands against carrying a plan out, or what its reader should know. */
export interface Finding {
  readonly fatal: boolean;
  readonly message: string;
  readonly help?: string;
}

/** Looks at one thing before anything is changed; finds nothing if all is well. */
export interface PreflightCheck {
  readonly name: string;
  readonly run: (plan: Plan, goal: Goal) => readonly Finding[];
}
