import { closestPacket, differingFields, type Field } from './closest-packet.ts';
import type { Packet } from './packet.ts';
import type { Box } from './program.ts';

/** So many boxes are looked through for a packet that is near. */
const TRIED = 50;

/** What people rarely speak of is the better explanation only where there is no other. */
const RARE: ReadonlySet<Field> = new Set(['mac', 'dscp', 'mark', 'sourcePort']);

/**
 * A packet of some boxes that differs from another one in as few fields as can be, and in those that
 * people speak of; nothing where there is no box.
 */
export function nearestPacket(
  boxes: readonly { readonly box: Box; readonly packet: Packet }[],
  packet: Packet,
): Packet | undefined {
  return boxes
    .slice(0, TRIED)
    .map(({ box, packet: its }) => closestPacket(box, packet, its) ?? its)
    .map((each) => ({ each, cost: costOf(differingFields(each, packet)) }))
    .sort((a, b) => a.cost - b.cost)[0]?.each;
}

const costOf = (fields: readonly Field[]): number =>
  fields.reduce((sum, field) => sum + (RARE.has(field) ? 1.5 : 1), 0);
