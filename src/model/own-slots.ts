import type { Slot, Uplink, UplinkSlot } from './program.ts';

/** What leaves by an uplink, as a rule chose, with the NAT that the uplink itself has. */
export function ownSlots(uplink: Uplink, slots: readonly Slot[]): UplinkSlot[] {
  return slots.filter(
    (slot): slot is UplinkSlot =>
      (slot.kind === 'chosen' || slot.kind === 'kept') && slot.uplink === uplink && !slot.special,
  );
}
