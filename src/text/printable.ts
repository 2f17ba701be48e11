/**
 * A text made safe for a terminal: control characters (escape sequences) and the characters that
 * reorder text (bidirectional controls) are shown as `�`; a tab becomes four blanks.
 */
export function printable(text: string): string {
  return text
    .replaceAll('\t', '    ')
    .replace(/[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, '\ufffd');
}
