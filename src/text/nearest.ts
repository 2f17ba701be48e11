import { distance } from 'fastest-levenshtein';

/** A thousand names that are nowhere, each compared with a million: a guess is not worth that. */
const MOST = 5000;

/**
 * The candidate most like `name`, if any is likely meant: at most a third of the letters differ
 * (but always one may, and two that have changed places count as one). Of equals the first.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > 63) return undefined;
  let looked = 0;
  const most = Math.max(1, Math.floor(name.length / 3));
  const letters = sorted(name);
  let best: string | undefined;
  let least = most + 1;
  for (const candidate of candidates) {
    looked += 1;
    if (looked > MOST) break;
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const edits = distance(name.toLowerCase(), candidate.toLowerCase());
    const steps = edits === 2 && sorted(candidate) === letters ? 1 : edits;
    if (steps < least && steps < candidate.length) {
      best = candidate;
      least = steps;
    }
  }
  return best;
}

function sorted(text: string): string {
  return [...text].sort().join('');
}
