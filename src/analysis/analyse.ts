import type { Program } from '../model/program.ts';
import type { ExpectPolicy, Policy, RoutePolicy } from '../policy/policy.ts';
import { at, diagnose, type Kind, type Report } from '../text/diagnostic.ts';
import type { Analysis, Subject } from './analysis.ts';
import { fullBudget } from './budget.ts';
import { contradictingExpects } from './contradicting-expects.ts';
import { fatesOf } from './fates.ts';
import { leftToMain } from './left-to-main.ts';
import { notDecided } from './not-decided.ts';
import { orderDecides } from './order-decides.ts';
import { redundantRule } from './redundant-rule.ts';
import { ruleLists } from './rule-lists.ts';
import { shadowedRule } from './shadowed-rule.ts';
import { unaskedRule } from './unasked-rule.ts';
import { unreachedUplink } from './unreached-uplink.ts';

/**
 * What is dead first, for nothing else is said of it; then what makes no difference, what might be meant
 * otherwise, and what is missing. Those behind get what those before have left of the budget.
 */
const ANALYSES: readonly Analysis[] = [
  shadowedRule,
  unaskedRule,
  unreachedUplink,
  redundantRule,
  orderDecides,
  contradictingExpects,
  leftToMain,
];

/** The kinds of what analyses find. */
export const ANALYSIS_KINDS: readonly Kind[] = [...ANALYSES.map(({ kind }) => kind), notDecided];

/** Looks at what the rules of a sound policy come to together. */
export function analyse(policy: Policy, program: Program, report: Report): void {
  const lists = ruleLists(policy, program);
  const budget = fullBudget();
  const fates = fatesOf(lists, budget);
  const undecided = new Set<RoutePolicy | ExpectPolicy>();
  for (const [route, { kind }] of fates) if (kind === 'undecided') undecided.add(route);
  const giveUp: Subject['giveUp'] = (line) => void undecided.add(line);
  const subject: Subject = { policy, program, lists, fates, budget, giveUp };
  for (const { run } of ANALYSES) run(subject, report);
  const [first, ...others] = undecided;
  if (first === undefined) return;
  const more = others.length === 0 ? '' : `, nor for ${others.length} others`;
  const what = 'answer' in first ? 'expectations' : 'rules';
  const message = `too many ${what} meet here: what this one comes to beside them is not decided${more}`;
  report(diagnose(notDecided, message, [at(first.statement.span)]));
}
