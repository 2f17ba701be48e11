import type { ForwardStatement, RouteStatement } from '../../grammar/tree.ts';
import { bug } from '../bug.ts';
import { joined, type Series, series } from '../series.ts';
import { lineOf, type Source } from '../text/source.ts';
import type { Policy } from './policy.ts';
import { ruleId } from './rule-id.ts';

/** Where a rule stands in the policy. */
export interface RulePlace {
  readonly id: string;
  readonly text: string;
  /** Relative to the policy's folder. */
  readonly file: string;
  readonly line: number;
}

/** Where each rule of a policy stands; `entry` is the name of the policy's own file. */
export function rulePlaces({ routes, forwards }: Policy, entry: string): Series<RulePlace> {
  const folder = entry.slice(0, entry.lastIndexOf('/') + 1);
  const files = new Map<Source, string>();
  const fileOf = (source: Source): string => {
    const known = files.get(source);
    if (known !== undefined) return known;
    const file = source.name.startsWith(folder) ? source.name.slice(folder.length) : source.name;
    files.set(source, file);
    return file;
  };
  const all = joined<RouteStatement | ForwardStatement>([
    routes.statements,
    forwards.map(({ statement }) => statement),
  ]);
  return series(all.length, (at) => {
    const { text, span } = all.at(at) ?? bug('a rule is lost');
    const { source, start } = span;
    return { id: ruleId(text), text, file: fileOf(source), line: lineOf(source, start) };
  });
}
