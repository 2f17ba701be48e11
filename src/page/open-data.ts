import { bug } from '../bug.ts';
import type { Program } from '../model/program.ts';
import { type Explanation, explainQuestion } from '../policy/explain-question.ts';
import { load, type Read } from '../policy/load.ts';
import { lower } from '../policy/lower.ts';
import { numberPolicy } from '../policy/number-policy.ts';
import type { Policy } from '../policy/policy.ts';
import { readAskable } from '../policy/read-askable.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import type { Source } from '../text/source.ts';
import type { PageData } from './page-data.ts';

/** A policy that may be asked about. */
export interface Opened {
  readonly policy: Policy;
  readonly program: Program;
  /** The policy's own file, and those that it includes. */
  readonly sources: readonly Source[];
  readonly ask: (packet: string, down: readonly string[]) => Answered;
}

/** What is said of a question: the answer, or what is wrong with the question. */
export type Answered =
  | { readonly kind: 'explained'; readonly explanation: Explanation }
  | { readonly kind: 'wrong'; readonly findings: readonly Diagnostic[] };

/** Text to program again: the policy was sound when the page was made, and so it is now. */
export function openData({ entry, files, lock }: PageData): Opened {
  const bytes = new Map(files.map(([name, text]) => [name, new TextEncoder().encode(text)]));
  const read: Read = (name) => {
    const its = bytes.get(name);
    return its === undefined
      ? { refused: 'the page does not hold it' }
      : { bytes: its, quotable: true };
  };
  let findings: Diagnostic[] = [];
  const report = (finding: Diagnostic): void => {
    if (finding.severity === 'error') findings.push(finding);
  };
  const own = bytes.get(entry) ?? bug('a page without its policy');
  const loaded = load({ name: entry, bytes: own }, read, report);
  const { policy, ask } = readAskable(loaded, report);
  const numbered = numberPolicy(policy, lock, report);
  if (findings[0] !== undefined) return bug(`a page of a wrong policy: ${findings[0].message}`);
  const program = lower(policy, numbered);
  return {
    policy,
    program,
    sources: loaded.sources,
    ask: (packet, down) => {
      findings = [];
      const typed = (name: string, text: string): Source => ({ name, text, quotable: true });
      const question = ask({
        packet: typed('<packet>', packet),
        downs: down.map((name) => typed('<down>', name)),
      });
      if (question === undefined) return { kind: 'wrong', findings };
      return { kind: 'explained', explanation: explainQuestion(policy, program, question) };
    },
  };
}
