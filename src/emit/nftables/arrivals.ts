import { bug } from '../../bug.ts';
import { slotMark } from '../../model/marking.ts';
import type { Program, Slot, Uplink } from '../../model/program.ts';
import { FAMILIES } from '../../net/address.ts';
import { formatMark } from '../../net/mark.ts';
import { chain, ip, only, type Part, quoted, slotName, sorted } from './names.ts';

/** What comes in by an uplink is answered by it, in those families that it has a way for. */
export function arrivals({ uplinks, slots, marking }: Program): Part {
  const inboundOf = (uplink: Uplink): Slot =>
    slots.find(({ number }) => number === uplink.inbound) ?? bug('an uplink without a slot');
  return {
    filled: [
      ...FAMILIES.map((family) => ({
        keyword: 'map' as const,
        name: `arrivals_${ip(family)}`,
        declaration: ['type ifname : verdict'],
        elements: sorted(
          uplinks
            .filter(({ ways }) => ways[family] !== undefined)
            .map((uplink) => `${quoted(uplink.device)} : goto to_${slotName(inboundOf(uplink))}`),
        ),
      })),
      {
        keyword: 'map',
        name: 'transits',
        declaration: ['type mark : verdict'],
        elements: sorted(
          slots.flatMap((slot) => {
            if (slot.kind !== 'transit' && slot.kind !== 'inbound') return [];
            const to = `${slot.kind === 'transit' ? 'mark' : 'answer'}_${slotName(slot)}`;
            return `${formatMark(slotMark(marking.mask, slot.number))} : goto ${to}`;
          }),
        ),
      },
    ],
    chains: [
      chain(
        'arrive',
        FAMILIES.map((family) => `${only(family)} iifname vmap @arrivals_${ip(family)}`),
      ),
    ],
  };
}
