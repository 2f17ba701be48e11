import { distance } from 'fastest-levenshtein';

/** Each of thousands of names that are nowhere is compared with all that are: so many are looked at, */
const MOST = 5000;
/** and so many, of those that may be meant by their letters, in full. */
const MOST_COMPARED = 200;

/**
 * The candidate most like `name`, if any is likely meant: at most a third of the letters differ
 * (but always one may, and two that have changed places count as one). Of equals the first.
 *
 * @param candidates the same array for all names that are looked up in them: they are prepared once
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  if (name.length > 63) return undefined;
  const { texts, letters } = prepare(candidates);
  const own = name.toLowerCase();
  const ownLetters = lettersOf(own);
  const ownSorted = sorted(own);
  let compared = 0;
  let best: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (let index = 0; index < texts.length && compared < MOST_COMPARED; index += 1) {
    const text = texts[index] as string;
    if (Math.abs(text.length - own.length) >= least) continue;
    // A letter that the other has not costs an edit; two letters may be one here, never one two.
    const others = letters[index] as number;
    const fewest = Math.max(count(ownLetters & ~others), count(others & ~ownLetters));
    if (fewest >= least) continue;
    compared += 1;
    const edits = distance(own, text);
    const steps = edits === 2 && sorted(text) === ownSorted ? 1 : edits;
    if (steps < least && steps < text.length) {
      best = candidates[index];
      least = steps;
    }
  }
  return best;
}

/** Past so many names that are nowhere, nobody reads what each was meant to be. */
const MOST_ASKED = 1000;

/** As `nearest`, for the names of one policy, of which only the first are looked for. */
export function nearestOfFew(): typeof nearest {
  let asked = 0;
  return (name, candidates) => {
    asked += 1;
    return asked > MOST_ASKED ? undefined : nearest(name, candidates);
  };
}

interface Prepared {
  readonly texts: readonly string[];
  /** Of each, the letters that it has: a bit each, some of which stand for two. */
  readonly letters: Uint32Array;
}
const prepared = new WeakMap<readonly string[], Prepared>();

function prepare(candidates: readonly string[]): Prepared {
  const known = prepared.get(candidates);
  if (known !== undefined) return known;
  const texts = candidates.slice(0, MOST).map((each) => each.toLowerCase());
  const made = { texts, letters: Uint32Array.from(texts, lettersOf) };
  prepared.set(candidates, made);
  return made;
}

function lettersOf(text: string): number {
  let bits = 0;
  for (let index = 0; index < text.length; index += 1) bits |= 1 << (text.charCodeAt(index) & 31);
  return bits >>> 0;
}

/** How many bits of 32 are set. */
function count(bits: number): number {
  let left = bits - ((bits >>> 1) & 0x55555555);
  left = (left & 0x33333333) + ((left >>> 2) & 0x33333333);
  return Math.imul((left + (left >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function sorted(text: string): string {
  return [...text].sort().join('');
}
