import { slotMark } from './marking.ts';
import type { Marking, Slot } from './program.ts';

/**
 * The conntrack marks whose connections go where main leads them, so that their packets carry none
 * of our bits: main's own, and what came in by an uplink, on its way in.
 */
export function unguidedMarks(slots: readonly Slot[], { main, mask }: Marking): number[] {
  const inbound = slots.filter(({ kind }) => kind === 'inbound');
  return [...inbound.map(({ number }) => slotMark(mask, number)), main];
}
