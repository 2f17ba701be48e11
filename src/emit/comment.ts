import type { Rule } from '../model/program.ts';
import { type Series, stretch } from '../series.ts';

/** The longest source text that is repeated in a comment. */
const WIDTH = 300;

/**
 * A text of the policy as it may stand in a comment of any artefact: one line of visible ASCII. The
 * grammar leaves nothing else outside quotes; inside them there may be anything printable.
 */
export function comment(text: string): string {
  const clean = text.replace(/[^ -~]/g, '?');
  return clean.length > WIDTH ? `${clean.slice(0, WIDTH)} ...` : clean;
}

/** So many rules of one look-up are named; where each of its elements comes from, the map file says. */
const MOST_NAMED = 20;

/** Rules as comments: each with its id, and how many more there are. */
export function sourceLines(rules: Series<Rule>): string[] {
  const named = Array.from(
    stretch(rules, 0, MOST_NAMED),
    ({ id, text }) => `# ${id} ${comment(text)}`,
  );
  const others = rules.length - named.length;
  return others === 0 ? named : [...named, `# and ${others} more`];
}
