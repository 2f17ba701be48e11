import { hash } from 'node:crypto';

/** The id of a rule: 12 hexadecimal digits of the SHA-256 of its canonical text. */
export function ruleId(text: string): string {
  return hash('sha256', text).slice(0, 12);
}
