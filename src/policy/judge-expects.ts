import { type Judgement, judge } from '../model/judge.ts';
import type { Program } from '../model/program.ts';
import { lowerExpect } from './lower-question.ts';
import type { ExpectPolicy, Policy, RoutePolicy } from './policy.ts';
import { routesById } from './routes-by-id.ts';

/** How the expectations of a policy fare, in its order. */
export interface Judged {
  readonly expects: readonly { readonly expect: ExpectPolicy; readonly judgement: Judgement }[];
  /** Rules that decide nothing that is expected, in the order of the policy. */
  readonly unexpected: readonly RoutePolicy[];
}

/** Tries each `expect` of a policy against its rules, by the model. */
export function judgeExpects(policy: Policy, program: Program): Judged {
  const expects = policy.expects.map((expect) => {
    return { expect, judgement: judge(program, lowerExpect(expect, program)) };
  });
  const seen = new Set(
    expects.flatMap(({ judgement }) => [...judgement.rules].map(({ id }) => id)),
  );
  const unexpected = [...routesById(policy)].filter(([id]) => !seen.has(id));
  return { expects, unexpected: unexpected.map(([, route]) => route) };
}
