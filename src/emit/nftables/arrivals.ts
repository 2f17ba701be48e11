import { bug } from '../../bug.ts';
import { slotMark } from '../../model/marking.ts';
import type { Arrival, Box, Marking, Program, Slot, Uplink } from '../../model/program.ts';
import { FAMILIES } from '../../net/address.ts';
import { formatMac } from '../../net/mac.ts';
import { formatMark } from '../../net/mark.ts';
import type { Verdict } from './few-tests.ts';
import { chain, ip, only, type Part, quoted, slotName, sorted } from './names.ts';

const isTold = ({ mac, destination }: Box): boolean =>
  mac !== undefined || destination !== undefined;

/** By its conntrack mark, what comes in by an uplink and may be on its way to another. */
export function transits(slots: readonly Slot[], { mask }: Marking): Verdict[] {
  return slots.flatMap((slot) => {
    if (slot.kind !== 'transit' && slot.kind !== 'inbound') return [];
    const to = `${slot.kind === 'transit' ? 'mark' : 'answer'}_${slotName(slot)}`;
    return { value: formatMark(slotMark(mask, slot.number)), verdict: `goto ${to}` };
  });
}

/** What comes in by an uplink is answered by it, in those families that it has a way for. */
export function arrivals({ arrivals: all, slots, marking }: Program): Part {
  const inboundOf = (uplink: Uplink): Slot =>
    slots.find(({ number }) => number === uplink.inbound) ?? bug('an uplink without a slot');
  const answered = all.filter(({ uplink, box }) => uplink.ways[box.family] !== undefined);
  const toInbound = ({ uplink }: Arrival): string => `goto to_${slotName(inboundOf(uplink))}`;
  return {
    filled: [
      ...FAMILIES.map((family) => ({
        keyword: 'map' as const,
        name: `arrivals_${ip(family)}`,
        declaration: ['type ifname : verdict'],
        elements: sorted(
          answered
            .filter(({ box }) => box.family === family && !isTold(box))
            .map((arrival) => `${quoted(arrival.uplink.device)} : ${toInbound(arrival)}`),
        ),
      })),
      {
        keyword: 'map',
        name: 'transits',
        declaration: ['type mark : verdict'],
        elements: sorted(
          transits(slots, marking).map(({ value, verdict }) => `${value} : ${verdict}`),
        ),
      },
    ],
    chains: [
      chain('arrive', [
        // What shares its device with another uplink is told from it by who sent it, or where to.
        ...answered.flatMap((arrival) => {
          const { uplink, box } = arrival;
          if (box.mac !== undefined) {
            const macs = box.mac.map(([mac]) => formatMac(mac)).join(', ');
            const test = `iifname ${quoted(uplink.device)} ${only(box.family)} ether saddr { ${macs} }`;
            return `${test} ${toInbound(arrival)}`;
          }
          if (box.destination === undefined) return [];
          const own = uplink.own.filter(({ family }) => family === box.family);
          const addresses = own.map(({ prefix }) => prefix).join(', ');
          const test = `iifname ${quoted(uplink.device)} ${ip(box.family)} daddr { ${addresses} }`;
          return `${test} ${toInbound(arrival)}`;
        }),
        ...FAMILIES.map((family) => `${only(family)} iifname vmap @arrivals_${ip(family)}`),
      ]),
    ],
  };
}
