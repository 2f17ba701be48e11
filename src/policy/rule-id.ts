import { createHash } from 'node:crypto';

/** The id of a rule: 12 hexadecimal digits of the SHA-256 of its canonical text. */
export function ruleId(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
