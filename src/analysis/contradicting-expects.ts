import { intersectBoxes } from '../model/intersect-boxes.ts';
import { type Answer, agree } from '../model/judge.ts';
import type { Packet } from '../model/packet.ts';
import type { Box, Program } from '../model/program.ts';
import { partsOf } from '../model/question.ts';
import { witness } from '../model/witness.ts';
import { formatPacket } from '../policy/format-packet.ts';
import { lowerExpect } from '../policy/lower-question.ts';
import type { ExpectPolicy } from '../policy/policy.ts';
import { secretOf } from '../policy/secret-of.ts';
import { at, diagnose, type Kind, quoting } from '../text/diagnostic.ts';
import type { Analysis } from './analysis.ts';
import { fullBudget, isSpent } from './budget.ts';
import { indexOf, type RuleIndex, visitMeeting } from './rule-index.ts';

const kind: Kind = {
  code: 'RC304',
  slug: 'contradicting-expects',
  severity: 'warning',
  title: 'no policy does what this and another line expect',
};

/** Two lines that expect different things of one packet while the same uplinks are down: one of them always fails. */
export const contradictingExpects: Analysis = {
  kind,
  run: ({ policy, program, giveUp }, report) => {
    const budget = fullBudget();
    const said = new Set<ExpectPolicy>();
    for (const { local, wanted } of alike(policy.expects, program)) {
      const answers = byAnswer(wanted);
      for (const { order, box, expect, answer } of wanted) {
        if (said.has(expect)) continue;
        let found: { readonly other: ExpectPolicy; readonly packet: Packet } | undefined;
        for (const others of answers) {
          if (isSpent(budget)) break;
          budget.comparisons -= 1;
          if (agree(answer, others.answer, box.family)) continue;
          visitMeeting(others.index, box, 0, order, budget, (other) => {
            const common = intersectBoxes(box, other.box);
            if (common === undefined) return false;
            const packet = witness(common, local);
            if (packet !== undefined) found = { other: other.expect, packet };
            else budget.tries -= 1;
            return found !== undefined || isSpent(budget);
          });
          if (found !== undefined) break;
        }
        if (found === undefined) {
          if (isSpent(budget)) giveUp(expect);
          continue;
        }
        said.add(expect);
        const { other, packet } = found;
        const text = formatPacket(
          packet,
          box.atoms?.some((atom) => atom.kind === 'time'),
        );
        const message = `\`${text}\` is expected to go another way by \`${other.statement.text}\`: one of the two always fails`;
        const help = 'take one out, or say in one of them what the other one does not mean';
        const secret = [expect, other].flatMap(({ statement }) =>
          quoting(secretOf(policy, statement)),
        );
        const labels = [
          at(expect.statement.span),
          at(other.statement.span, 'expects another'),
        ] as const;
        report(diagnose(kind, message, [...labels, ...secret], help));
      }
    }
  },
};

/** Packets of which something is expected. */
interface Wanted {
  readonly order: number;
  readonly box: Box;
  readonly expect: ExpectPolicy;
  readonly answer: Answer;
  /** The same where the same is expected. */
  readonly answerKey: string;
}

/** Expectations by what they expect: those that expect the same never contradict each other. */
function byAnswer(
  wanted: readonly Wanted[],
): { readonly answer: Answer; readonly index: RuleIndex<Wanted> }[] {
  const out = new Map<string, Wanted[]>();
  for (const each of wanted) {
    const its = out.get(each.answerKey);
    if (its === undefined) out.set(each.answerKey, [each]);
    else its.push(each);
  }
  return [...out.values()].map((its) => {
    return { answer: (its as [Wanted])[0].answer, index: indexOf(its) };
  });
}

/** What is expected while the same uplinks are down, of what is forwarded or of what the router sends. */
function alike(
  expects: readonly ExpectPolicy[],
  program: Program,
): Iterable<{ readonly local: boolean; readonly wanted: readonly Wanted[] }> {
  const out = new Map<string, { readonly local: boolean; readonly wanted: Wanted[] }>();
  for (const expect of expects) {
    const { question, downs, answer } = lowerExpect(expect, program);
    const { local } = question;
    const key = JSON.stringify([local, ...[...downs].sort()]);
    const its = out.get(key) ?? { local, wanted: [] };
    out.set(key, its);
    const answerKey = JSON.stringify(answer, (_, value) =>
      typeof value === 'bigint' ? `${value}n` : value,
    );
    for (const box of partsOf(program, question).flatMap(({ boxes }) => boxes)) {
      its.wanted.push({ order: its.wanted.length, box, expect, answer, answerKey });
    }
  }
  return out.values();
}
