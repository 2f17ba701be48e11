import { slotMark } from '../../model/marking.ts';
import type {
  OrderingSlot,
  Program,
  TransitSlot,
  Uplink,
  UplinkSlot,
} from '../../model/program.ts';
import { isUnsettled, settledOf } from '../../model/settled.ts';
import { FAMILIES } from '../../net/address.ts';
import { formatMark } from '../../net/mark.ts';
import { departure } from './departures.ts';
import { type Chain, chain, only, type Part, slotName, sorted } from './names.ts';

/**
 * For each slot a chain that gives it to a connection and its packet (`to_…`), and one that copies
 * it to a packet (`mark_…`); nft 1.0.6 can't take the bits to set from the conntrack mark itself.
 */
export function marks({ slots, marking, uplinks, counters }: Program): Part {
  const keep = formatMark(~marking.mask >>> 0);
  const set = (what: 'meta' | 'ct', value: number): string =>
    `${what} mark set ${what} mark & ${keep} | ${formatMark(value)}`;
  const pair = (name: string, value: number): Chain[] => [
    chain(`to_${name}`, [set('ct', value), `goto mark_${name}`]),
    chain(`mark_${name}`, [set('meta', value)]),
  ];
  const chains = slots.flatMap((slot) => {
    const value = slotMark(marking.mask, slot.number);
    if (slot.kind === 'transit') {
      return [
        chain(`to_${slotName(slot)}`, [set('ct', value), `goto mark_${slotName(slot.target)}`]),
        // An answer goes back by the arrival, where that has a way for it.
        chain(`mark_${slotName(slot)}`, [
          `ct direction original goto mark_${slotName(slot.target)}`,
          ...byArrival(slot.arrival).map((test) => `${test}goto mark_${slotName(slot.arrival)}`),
        ]),
      ];
    }
    if (slot.kind !== 'inbound') return pair(slotName(slot), value);
    // The first packet of an inbound connection goes on as it came: only answers are marked.
    return [
      chain(`to_${slotName(slot)}`, [set('ct', value)]),
      chain(`mark_${slotName(slot)}`, [set('meta', value)]),
      // The answer may come from another uplink.
      chain(
        `answer_${slotName(slot)}`,
        byArrival(slot).map((test) => `ct direction reply ${test}goto mark_${slotName(slot)}`),
      ),
    ];
  });
  const orderings = slots.filter(isUnsettled);
  return {
    filled: [
      {
        keyword: 'map',
        name: 'slots',
        declaration: ['type mark : verdict'],
        elements: sorted([
          ...slots.map(
            (slot) =>
              `${formatMark(slotMark(marking.mask, slot.number))} : goto mark_${slotName(slot)}`,
          ),
          `${formatMark(marking.reject)} : goto mark_reject`,
          `${formatMark(marking.drop)} : goto mark_drop`,
          `${formatMark(marking.main)} : accept`,
        ]),
      },
      {
        keyword: 'map',
        name: 'orderings',
        declaration: ['type mark : verdict'],
        elements: sorted(
          orderings.map(
            (slot) =>
              `${formatMark(slotMark(marking.mask, slot.number))} : goto settle_${slotName(slot)}`,
          ),
        ),
      },
    ],
    chains: [
      ...chains,
      ...pair('reject', marking.reject),
      ...pair('drop', marking.drop),
      chain('to_main', [set('ct', marking.main)]),
      chain('mark_dead', [set('meta', marking.dead)]),
      ...orderings.map((slot) => settle(slot, uplinks, counters ? 'counter ' : '')),
    ],
  };
}

/**
 * An ordering's connection stays with the uplink that its first packet leaves by, or with main.
 *
 * @param counter counts by which of them it was
 */
function settle(
  slot: OrderingSlot | TransitSlot,
  uplinks: readonly Uplink[],
  counter: string,
): Chain {
  const departures = settledOf(slot).map(({ uplink, to }) => {
    return { to, ...departure(uplinks, uplink) };
  });
  const tiers = (['tests', 'near', 'rest'] as const).flatMap((kind) =>
    departures.flatMap(({ to, ...each }) =>
      each[kind].map((test) => `${test} ${counter}goto to_${slotName(to)}`),
    ),
  );
  const ends =
    slot.kind === 'ordering'
      ? []
      : byArrival(slot.arrival).map((test) => `${test}${counter}goto to_${slotName(slot.arrival)}`);
  return chain(`settle_${slotName(slot)}`, [...tiers, ...ends, `${counter}goto to_main`]);
}

/** Tests for the families that an uplink has a way for; an empty one where it has one for both. */
function byArrival({ uplink }: UplinkSlot): string[] {
  const families = FAMILIES.filter((family) => uplink.ways[family] !== undefined);
  return families.length === FAMILIES.length ? [''] : families.map((family) => `${only(family)} `);
}
