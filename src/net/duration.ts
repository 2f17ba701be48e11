import type { Scanned } from './fault.ts';

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A number with its unit, `ms`, `s`, `m` or `h`, in milliseconds; more than 0, at most a day. */
export function scanDuration(text: string): Scanned<number> {
  const parts = /^([1-9][0-9]{0,7})(ms|s|m|h)$/.exec(text);
  const value = Number(parts?.[1]) * (UNITS[parts?.[2] ?? ''] ?? Number.NaN);
  if (value <= 24 * 3_600_000) return { value };
  const fault = `\`${text}\` is not a duration: a number with \`ms\`, \`s\`, \`m\` or \`h\`, at most a day`;
  return /^[1-9][0-9]*$/.test(text) ? { fault, write: `${text}s` } : { fault };
}
