import type { Count } from './policy-counts.ts';
import type { Zeroed } from './step.ts';

/** Packets and bytes, by the id of the rule that counted them. */
export type Counts = Readonly<Record<string, Count>>;

/**
 * A sum, with what began anew: it counts less after a reload than before. Where all began anew, what was counted
 * since then is new; where some did, the rest has stayed.
 */
export function addZeroed(a: Counts, before: Counts, after: Counts, zeroed: Zeroed): Counts {
  const sum: Record<string, Count> = { ...a };
  for (const [key, [packets, bytes]] of Object.entries(before)) {
    const [now, nowBytes] = after[key] ?? [0, 0];
    if (packets <= now) continue;
    const [more, volume] = a[key] ?? [0, 0];
    const [stayed, stayedBytes] = zeroed === 'all' ? [0, 0] : [now, Math.min(nowBytes, bytes)];
    sum[key] = [more + packets - stayed, volume + bytes - stayedBytes];
  }
  return sum;
}
