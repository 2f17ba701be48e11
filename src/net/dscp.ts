import { nearest } from '../text/nearest.ts';
import type { Scanned } from './fault.ts';
import { scanNumber } from './port.ts';

/** Names of code points: RFC 2474 (cs), 2597 (af), 3246 (ef), 5865 (va), 8622 (le). */
const NAMES = new Map<string, number>([
  ...Array.from({ length: 8 }, (_, n) => [`cs${n}`, n * 8] as const),
  ...[1, 2, 3, 4].flatMap((group) =>
    [1, 2, 3].map((drop) => [`af${group}${drop}`, group * 8 + drop * 2] as const),
  ),
  ['ef', 46],
  ['va', 44],
  ['le', 1],
  ['be', 0],
]);

/** A differentiated services code point: 0 to 63, or its name. */
export function scanDscp(text: string): Scanned<number> {
  const value = NAMES.get(text) ?? scanNumber(text, 63);
  if (value !== undefined) return { value };
  const fault = `\`${text}\` is not a DSCP: 0 to 63, or a name such as \`ef\`, \`af11\`, \`cs0\``;
  const meant = nearest(text, [...NAMES.keys()]);
  return meant === undefined ? { fault } : { fault, write: meant };
}
