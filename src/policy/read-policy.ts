import type { Report } from '../text/diagnostic.ts';
import type { Loaded } from './load.ts';
import type { Policy } from './policy.ts';
import { readAskable } from './read-askable.ts';
import type { Question } from './read-question.ts';

/** Reads a policy, and what is asked about it, if anything is. */
export function readPolicy(loaded: Loaded, report: Report, question?: Question): Policy {
  const { policy, ask } = readAskable(loaded, report);
  const asked = question && ask(question);
  return asked === undefined ? policy : { ...policy, question: asked };
}
