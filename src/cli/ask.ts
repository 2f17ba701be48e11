import { readSync } from 'node:fs';
import { say } from './io.ts';

/** Asks on the terminal. Only a yes is one; the end of input is none. */
export function ask(question: string): boolean {
  say(`${question} [y/N] `);
  const bytes = Buffer.alloc(256);
  try {
    const count = readSync(0, bytes);
    return /^\s*(y|yes)\s*$/i.test(bytes.toString('utf8', 0, count));
  } catch {
    return false;
  }
}
