import { printableJson } from './printable.ts';

/** A value as JSON that a terminal can show: what it would obey, reorder or hide is escaped. */
export function jsonText(value: unknown): string {
  return `${printableJson(JSON.stringify(value, null, 2))}\n`;
}
