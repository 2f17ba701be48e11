import type { Edit } from './diagnostic.ts';

/** A text with its edits made, which do not overlap; `offset` is where it begins in their source. */
export function applyEdits(text: string, edits: readonly Edit[], offset = 0): string {
  let out = '';
  let at = 0;
  for (const { span, text: its } of [...edits].sort((a, b) => a.span.start - b.span.start)) {
    out += text.slice(at, span.start - offset) + its;
    at = span.end - offset;
  }
  return out + text.slice(at);
}
