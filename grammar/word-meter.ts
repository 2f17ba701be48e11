import { at, type Diagnostic, diagnose } from '../src/text/diagnostic.ts';
import type { Source } from '../src/text/source.ts';
import { tooManyWords } from './kinds.ts';

/** Each costs a hundred bytes as a token: four times a policy of 100,000 rules is room enough. */
export const MOST_WORDS = 4 * 2 ** 20;

/**
 * Counts the words of all texts that it is shown, before anything is made of them: runs of characters
 * between blanks, and each mark and each end of a line by itself.
 *
 * @returns what finds the place at which they become more than `most`, in each text from then on
 */
export function wordMeter(most = MOST_WORDS): (source: Source) => Diagnostic | undefined {
  // A word has at least one character: nothing is counted before there are as many of those.
  const uncounted: Source[] = [];
  let characters = 0;
  let words = 0;
  return (source) => {
    uncounted.push(source);
    characters += source.text.length;
    if (characters <= most) return undefined;
    let over: number | undefined;
    for (const { text } of uncounted.splice(0)) {
      const counted = countWords(text, most - words);
      words += counted.words;
      over = counted.over;
    }
    return over === undefined ? undefined : tooMany(source, over, most);
  };
}

const BLANK = 1;
const MARK = 2;
const KINDS = new Uint8Array(128);
for (const char of ' \t') KINDS[char.charCodeAt(0)] = BLANK;
for (const char of '{},="\\#\r\n') KINDS[char.charCodeAt(0)] = MARK;

/** Up to `most` words and one; that one's offset. */
function countWords(text: string, most: number): { words: number; over?: number } {
  let words = 0;
  let inWord = false;
  for (let index = 0; index < text.length; index += 1) {
    const kind = KINDS[text.charCodeAt(index)];
    if (kind === BLANK) inWord = false;
    else if (kind === MARK || !inWord) {
      inWord = kind !== MARK;
      words += 1;
      if (words > most) return { words, over: index };
    }
  }
  return { words };
}

function tooMany(source: Source, start: number, most: number): Diagnostic {
  const message = `more than ${most / 2 ** 20} million words: from here on nothing is read`;
  const help = 'a list of millions of addresses may stand in a file: `set NAME from "FILE"`';
  return diagnose(tooManyWords, message, [at({ source, start, end: start + 1 })], help);
}
