import type { NftTable } from './nft-table.ts';

/** Packets and bytes, by the block and the line that counts them, counts left out. */
export type Counts = Readonly<Record<string, readonly [packets: number, bytes: number]>>;

const COUNT = /counter packets (\d+) bytes (\d+)/;

/** What a table has counted; what counted nothing is left out. */
export function countsOf(table: NftTable): Counts {
  const counts: Record<string, [number, number]> = {};
  for (const { keyword, name, content } of table.values()) {
    for (const line of content) {
      const found = COUNT.exec(line);
      if (found === null || found[1] === '0') continue;
      counts[`${keyword} ${name}: ${line.replace(COUNT, 'counter')}`] = [
        Number(found[1]),
        Number(found[2]),
      ];
    }
  }
  return counts;
}

/** A sum, with what began anew: it counts less after a reload than before. */
export function addZeroed(a: Counts, before: Counts, after: Counts): Counts {
  const sum: Record<string, readonly [number, number]> = { ...a };
  for (const [key, [packets, bytes]] of Object.entries(before)) {
    if (packets <= (after[key]?.[0] ?? 0)) continue;
    const [more, volume] = a[key] ?? [0, 0];
    sum[key] = [more + packets, volume + bytes];
  }
  return sum;
}
