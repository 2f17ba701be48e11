import type { OrderingSlot, Slot, TransitSlot, Uplink } from './program.ts';

/** Whether a connection with this slot is still to be settled. */
export function isUnsettled(slot: Slot): slot is OrderingSlot | TransitSlot {
  return slot.kind === 'ordering' || (slot.kind === 'transit' && slot.settled.length > 0);
}

/** What a connection becomes once its first packet left by an uplink, in the order of the tiers. */
export function settledOf(
  slot: OrderingSlot | TransitSlot,
): { readonly uplink: Uplink; readonly to: Slot }[] {
  if (slot.kind === 'ordering') {
    return slot.settled.map((to) => ({ uplink: to.uplink, to }));
  }
  return slot.settled.flatMap((to) =>
    to.target.kind === 'ordering' ? [] : [{ uplink: to.target.uplink, to }],
  );
}
