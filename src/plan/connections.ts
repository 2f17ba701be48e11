import { markSlot } from '../model/marking.ts';

/** Open connections, and what they carried as far as the kernel counts that (`nf_conntrack_acct`). */
export interface Open {
  readonly connections: number;
  readonly packets: number;
  readonly bytes: number;
}

const MARK = / mark=(\d+)/;
const CARRIED = / packets=(\d+) bytes=(\d+)/g;

/**
 * What `conntrack -L` lists, by the slot that a connection carries; what carries none of ours is left out.
 *
 * @param mask our bits of a mark
 */
export function connectionsOf(listing: string, mask: number): ReadonlyMap<number, Open> {
  const open = new Map<number, { connections: number; packets: number; bytes: number }>();
  for (const line of listing.split('\n')) {
    const slot = markSlot(mask, (Number(MARK.exec(line)?.[1] ?? 0) & mask) >>> 0);
    if (slot === undefined) continue;
    let its = open.get(slot);
    if (its === undefined) {
      its = { connections: 0, packets: 0, bytes: 0 };
      open.set(slot, its);
    }
    its.connections += 1;
    for (const [, packets, bytes] of line.matchAll(CARRIED)) {
      its.packets += Number(packets);
      its.bytes += Number(bytes);
    }
  }
  return open;
}
