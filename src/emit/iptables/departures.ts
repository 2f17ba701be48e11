import { slotMark } from '../../model/marking.ts';
import type { Program, Uplink } from '../../model/program.ts';
import { isShared, realmOf } from '../../model/sharers.ts';
import type { Family } from '../../net/address.ts';
import type { Marks } from './marks.ts';

/**
 * The test for what a connection leaves by before it is settled: the device, and where others share
 * that, the realm of the route. IPv6 routes have none, so there no ordering has two of one device.
 */
export function leavingBy({ uplinks, priority }: Program, uplink: Uplink, family: Family): string {
  const device = `-o ${uplink.device}`;
  if (family === 6 || !isShared(uplinks, uplink, family)) return device;
  // The upper half is the realm of the route back.
  return `${device} -m realm --realm ${realmOf(priority, uplink)}/0xffff`;
}

/** Tests for what leaves by an uplink once it is settled; one of them holds. */
export function settledBy(
  program: Program,
  uplink: Uplink,
  family: Family,
  marks: Marks,
): readonly string[] {
  const { uplinks, slots, marking } = program;
  const test = leavingBy(program, uplink, family);
  if (family === 4 || !isShared(uplinks, uplink, family)) return [test];
  return slots.flatMap((slot) => {
    const to = slot.kind === 'transit' ? slot.target : slot;
    if ((to.kind !== 'chosen' && to.kind !== 'kept') || to.uplink !== uplink) return [];
    return `${test} ${marks.connection(slotMark(marking.mask, slot.number))}`;
  });
}
