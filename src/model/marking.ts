import { LAYOUT } from './layout.ts';
import type { Marking } from './program.ts';

/** How many bits a slot's number is shifted to stand in the mask. */
const shiftOf = (mask: number): number => 31 - Math.clz32(mask & -mask);

/** The four reserved values, highest in the mask. */
export function markingOf(mask: number): Marking {
  const step = (mask & -mask) >>> 0;
  const down = (steps: number): number => (mask - steps * step) >>> 0;
  return { mask, dead: down(0), main: down(1), drop: down(2), reject: down(3) };
}

/** The highest number that a slot may have. */
export function lastSlot(mask: number): number {
  return Math.min((mask >>> shiftOf(mask)) - 4, LAYOUT.lastSlot);
}

/** A slot's number as it stands in the packet mark and the conntrack mark. */
export function slotMark(mask: number, slot: number): number {
  return (slot << shiftOf(mask)) >>> 0;
}

/** The slot that a mark means, if its bits lie in the mask and leave a slot that may be used. */
export function markSlot(mask: number, mark: number): number | undefined {
  if ((mark & ~mask) !== 0) return undefined;
  const slot = (mark & mask) >>> shiftOf(mask);
  return slot >= 1 && slot <= lastSlot(mask) ? slot : undefined;
}
