import { lineOf } from '../text/source.ts';
import type { Policy } from './policy.ts';

/** Where a rule stands in the policy. */
export interface RulePlace {
  readonly id: string;
  readonly text: string;
  /** Relative to the policy's folder. */
  readonly file: string;
  readonly line: number;
}

/** Where each rule of a policy stands; `entry` is the name of the policy's own file. */
export function rulePlaces({ routes, forwards }: Policy, entry: string): RulePlace[] {
  const folder = entry.slice(0, entry.lastIndexOf('/') + 1);
  return [...routes, ...forwards].map(({ id, statement: { text, span } }) => {
    const { name } = span.source;
    return {
      id,
      text,
      file: name.startsWith(folder) ? name.slice(folder.length) : name,
      line: lineOf(span.source, span.start),
    };
  });
}
