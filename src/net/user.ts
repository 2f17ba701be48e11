import type { Scanned } from './fault.ts';
import { scanNumber } from './port.ts';

/** The highest number of a user; the one above it stands for nobody at all (chown(2)). */
export const LAST_USER = 0xffff_fffe;

/** Names with one number on every Linux (systemd's UIDS-GIDS.md). */
const FIXED: Readonly<Record<string, number>> = { root: 0, nobody: 65534 };

/** A user's number, or a name as useradd(8) allows it, whose number only the router knows. */
export function scanUser(text: string): Scanned<number | string> {
  const number = scanNumber(text, LAST_USER);
  if (number !== undefined) return { value: number };
  if (Object.hasOwn(FIXED, text)) return { value: FIXED[text] as number };
  if (/^[a-z_][a-z0-9_-]{0,31}\$?$/.test(text)) return { value: text };
  return { fault: `\`${text}\` is neither a user's name nor a number` };
}
