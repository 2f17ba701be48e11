import { createTwoFilesPatch } from 'diff';

/** A diff of more edits than this is no longer read. */
const EDITS = 5000;

/** What changes in a file, as a unified diff; `undefined` where there is none. */
export function patch(name: string, before: string | undefined, after: string | undefined): string {
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
  return found?.replace(/^=+\n/, '') ?? `${name}: more than ${EDITS} lines differ\n`;
}
