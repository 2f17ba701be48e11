import type { Expectation } from '../model/judge.ts';
import type { Program } from '../model/program.ts';
import type { Question } from '../model/question.ts';
import { FAMILIES } from '../net/address.ts';
import { boxesOf } from './boxes-of.ts';
import type { Conditions, ExpectPolicy } from './policy.ts';

/** The packets that fit some conditions, as a question to a program of the same policy. */
export function lowerQuestion(conditions: Conditions, { uplinks }: Program): Question {
  const { local, arrivals } = conditions;
  const boxes = FAMILIES.flatMap((family) => boxesOf(conditions, family));
  const named = uplinks.filter(({ device }) => arrivals.some(({ value }) => value === device));
  return { boxes, local, arrivals: named };
}

/** What an `expect` expects of a program of its policy. */
export function lowerExpect(
  { conditions, downs, answer }: ExpectPolicy,
  program: Program,
): Expectation {
  return {
    question: lowerQuestion(conditions, program),
    downs: new Set(downs.map(({ name }) => name)),
    answer:
      answer.kind !== 'via'
        ? { kind: answer.kind }
        : {
            kind: answer.kind,
            uplinks: answer.uplinks.map(({ uplink: { name }, nat }) => ({ name, nat: { ...nat } })),
          },
  };
}
