import type { IToken } from 'chevrotain';

/** A comment without the blanks at its end; `trimEnd` would take other characters with them. */
export function commentText({ image }: IToken): string {
  let end = image.length;
  while (image[end - 1] === ' ' || image[end - 1] === '\t') end -= 1;
  return image.slice(0, end);
}
