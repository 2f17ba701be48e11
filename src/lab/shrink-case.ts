import { agree, type Benches, type By } from './agree.ts';
import type { Case, Round } from './random-case.ts';

/** Each takes seconds. */
const MOST_ATTEMPTS = 40;

/** The smallest case, by leaving out, that a ruleset still disagrees with the model on. */
export async function shrinkCase(benches: Benches, start: Case, by: By): Promise<Case> {
  const fails = async (each: Case): Promise<boolean> =>
    (await agree(benches, each, by)).complaints.length > 0;
  let best = start;
  let left = MOST_ATTEMPTS;
  const attempt = async (smaller: Case): Promise<boolean> => {
    left -= 1;
    if (left < 0 || !(await fails(smaller))) return false;
    best = smaller;
    return true;
  };
  const { lines, complaints } = await agree(benches, start, by);
  best = { ...start, lines };
  const [first] = complaints;
  if (first?.asked !== undefined) {
    const { asked } = first;
    await attempt({
      ...best,
      rounds: best.rounds.map((round, index) => only(round, index === first.round ? [asked] : [])),
    });
  }
  for (const round of best.rounds) {
    const rounds = best.rounds.filter((each) => each !== round);
    if (rounds.length > 0) await attempt({ ...best, rounds });
  }
  for (const line of [...best.lines].reverse()) {
    if (line.startsWith('uplink ')) continue;
    await attempt({ ...best, lines: best.lines.filter((each) => each !== line) });
  }
  return best;
}

const only = (round: Round, asked: Round['asked']): Round => ({ ...round, asked });
