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
import { indexOf, visitMeeting } from './rule-index.ts';

const kind: Kind = {
  code: 'RC304',
  slug: 'contradicting-expects',
  severity: 'warning',
  title: 'no policy does what this and another line expect',
};

/** More expectations that meet are not compared. */
const MOST_COMPARED = 500_000;

/** Two lines that expect different things of one packet while the same uplinks are down: one of them always fails. */
export const contradictingExpects: Analysis = {
  kind,
  run: ({ policy, program, giveUp }, report) => {
    let left = MOST_COMPARED;
    const said = new Set<ExpectPolicy>();
    for (const { local, wanted } of alike(policy.expects, program)) {
      const index = indexOf(wanted);
      for (const { order, box, expect, answer } of wanted) {
        if (said.has(expect)) continue;
        let found: { readonly other: ExpectPolicy; readonly packet: Packet } | undefined;
        visitMeeting(index, box, 0, order, (other) => {
          left -= 1;
          if (left < 0) return true;
          if (agree(answer, other.answer, box.family)) return false;
          const common = intersectBoxes(box, other.box);
          const packet = common && witness(common, local);
          if (packet !== undefined) found = { other: other.expect, packet };
          return found !== undefined;
        });
        if (left < 0) return giveUp(expect);
        if (found === undefined) continue;
        said.add(expect);
        const { other, packet } = found;
        const text = formatPacket(
          packet,
          box.atoms?.some((atom) => atom.kind === 'time'),
        );
        const message = `\`${text}\` is expected to go another way by \`${other.statement.text}\`: one of the two always fails`;
        const help = 'take one out, or say in one of them what the other one does not mean';
        const secret = [expect, other].flatMap(({ statement }) =>
          quoting(secretOf(policy, statement.matches)),
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
    for (const box of partsOf(program, question).flatMap(({ boxes }) => boxes)) {
      its.wanted.push({ order: its.wanted.length, box, expect, answer });
    }
  }
  return out.values();
}
