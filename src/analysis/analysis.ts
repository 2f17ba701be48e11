import type { Program } from '../model/program.ts';
import type { ExpectPolicy, Policy, RoutePolicy } from '../policy/policy.ts';
import type { Kind, Report } from '../text/diagnostic.ts';
import type { Budget } from './budget.ts';
import type { Fate } from './fates.ts';
import type { RuleList } from './rule-lists.ts';

/** What analyses look at: a sound policy, and what it comes to. */
export interface Subject {
  readonly policy: Policy;
  readonly program: Program;
  readonly lists: readonly RuleList[];
  /** Of each rule that can match anything. */
  readonly fates: ReadonlyMap<RoutePolicy, Fate>;
  readonly budget: Budget;
  /** To be called with what an analysis gave up on. */
  readonly giveUp: (line: RoutePolicy | ExpectPolicy) => void;
}

/** One analysis: a kind of finding, and how to find it in a policy without errors. */
export interface Analysis {
  readonly kind: Kind;
  readonly run: (subject: Subject, report: Report) => void;
}
