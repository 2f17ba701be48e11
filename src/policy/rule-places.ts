import { lineOf, type Source } from '../text/source.ts';
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
export function* rulePlaces({ routes, forwards }: Policy, entry: string): Generator<RulePlace> {
  const folder = entry.slice(0, entry.lastIndexOf('/') + 1);
  const files = new Map<Source, string>();
  for (const { id, statement } of [...routes, ...forwards]) {
    const { text, span } = statement;
    const { source, start } = span;
    let file = files.get(source);
    if (file === undefined) {
      file = source.name.startsWith(folder) ? source.name.slice(folder.length) : source.name;
      files.set(source, file);
    }
    yield { id, text, file, line: lineOf(source, start) };
  }
}
