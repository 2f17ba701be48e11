import { createTwoFilesPatch } from 'diff';
import { printableLines } from '../text/printable.ts';

/** A diff of more edits than this is no longer read. */
const EDITS = 5000;
/** Larger texts are not compared line by line. */
const LONGEST = 16 * 2 ** 20;

/** What changes in a file, as a unified diff; `undefined` where there is none. */
export function patch(name: string, before: string | undefined, after: string | undefined): string {
  if ((before?.length ?? 0) + (after?.length ?? 0) > LONGEST) {
    return `${name}: it differs, and is too large to be shown\n`;
  }
  const [from, to] = [
    before === undefined ? '/dev/null' : `a/${name}`,
    after === undefined ? '/dev/null' : `b/${name}`,
  ];
  const options = { maxEditLength: EDITS };
  const found = createTwoFilesPatch(
    from,
    to,
    before ?? '',
    after ?? '',
    undefined,
    undefined,
    options,
  ) as string | undefined;
  // What is there may be anybody's.
  if (found !== undefined) return printableLines(found.replace(/^=+\n/, ''));
  return `${name}: more than ${EDITS} lines differ\n`;
}
