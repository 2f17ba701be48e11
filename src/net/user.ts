import type { Scanned } from './fault.ts';
import { scanNumber } from './port.ts';

/** A user's number, or a name as useradd(8) allows it; whether there is one only the router knows. */
export function scanUser(text: string): Scanned<number> {
  const number = scanNumber(text, 0xffff_fffe);
  if (number !== undefined) return { value: number };
  if (/^[a-z_][a-z0-9_-]{0,31}\$?$/.test(text)) return { value: 0 };
  return { fault: `\`${text}\` is neither a user's name nor a number` };
}
