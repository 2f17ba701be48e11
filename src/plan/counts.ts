import type { Count } from './policy-counts.ts';

/** Packets and bytes, by the id of the rule that counted them. */
export type Counts = Readonly<Record<string, Count>>;

/** A sum, with what began anew: it counts less after a reload than before. */
export function addZeroed(a: Counts, before: Counts, after: Counts): Counts {
  const sum: Record<string, Count> = { ...a };
  for (const [key, [packets, bytes]] of Object.entries(before)) {
    if (packets <= (after[key]?.[0] ?? 0)) continue;
    const [more, volume] = a[key] ?? [0, 0];
    sum[key] = [more + packets, volume + bytes];
  }
  return sum;
}
