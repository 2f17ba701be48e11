/** Where the blanks in front of a place begin; a line ending is none. */
export function blanksBefore(text: string, at: number): number {
  let start = at;
  while (start > 0 && isBlank(text[start - 1])) start -= 1;
  return start;
}

/** Where the blanks behind a place end. */
export function blanksAfter(text: string, at: number): number {
  let end = at;
  while (isBlank(text[end])) end += 1;
  return end;
}

function isBlank(char: string | undefined): boolean {
  return char === ' ' || char === '\t';
}
