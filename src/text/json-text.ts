/** A value as JSON that a terminal can show: what JSON leaves raw and that would obey or reorder is escaped. */
export function jsonText(value: unknown): string {
  // DEL, C1 and the bidirectional controls.
  const json = JSON.stringify(value, null, 2).replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${json}\n`;
}
