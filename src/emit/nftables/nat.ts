import { bug } from '../../bug.ts';
import { slotMark } from '../../model/marking.ts';
import { ownSlots } from '../../model/own-slots.ts';
import type { Nat, NatByFamily, Program, Uplink, UplinkSlot } from '../../model/program.ts';
import { masqueradeAddress, othersAddresses } from '../../model/sharers.ts';
import {
  type Address,
  type AddressRange,
  FAMILIES,
  type Family,
  formatAddress,
} from '../../net/address.ts';
import { formatMark } from '../../net/mark.ts';
import { formatRange } from '../../net/prefix.ts';
import { departuresOf } from './departures.ts';
import {
  type Chain,
  chain,
  ip,
  only,
  type Part,
  quoted,
  slotName,
  sorted,
  uplinkNatName,
} from './names.ts';

/** What becomes of the source addresses: a rule's own NAT first, then that of the uplink. */
export function nat(program: Program): Part {
  const { uplinks, slots, marking } = program;
  const special = slots.filter(
    (slot): slot is UplinkSlot =>
      slot.kind !== 'ordering' && slot.kind !== 'transit' && slot.special && isSome(slot.nat),
  );
  const natted = uplinks
    .map((uplink) => ({ uplink, rules: uplinkRules(uplink, program) }))
    .filter(({ rules }) => rules.length > 0);
  return {
    filled: [
      {
        keyword: 'map',
        name: 'slot_nat',
        declaration: ['type mark : verdict'],
        elements: sorted(
          slots.flatMap((slot) => {
            const by = slot.kind === 'transit' ? slot.target : slot;
            if (!special.some((each) => each === by)) return [];
            return `${formatMark(slotMark(marking.mask, slot.number))} : jump nat_${slotName(by)}`;
          }),
        ),
      },
      {
        keyword: 'map',
        name: 'uplink_nat',
        declaration: ['type ifname : verdict'],
        elements: sorted(
          [...new Set(natted.map(({ uplink }) => uplink.device))].map((device) => {
            const [first, ...others] = uplinks.filter((each) => each.device === device);
            const name = uplinkNatName(first ?? bug('a device of no uplink'));
            return `${quoted(device)} : jump ${others.length === 0 ? name : `${name}_shared`}`;
          }),
        ),
      },
    ],
    chains: [
      ...special.map((slot) =>
        chain(`nat_${slotName(slot)}`, [
          // It may leave by another device: main's own routes come first.
          `oifname != ${quoted(slot.uplink.device)} return`,
          ...FAMILIES.flatMap((family) =>
            natRules(slot.nat[family], family, masquerade(uplinks, slot.uplink, family)),
          ),
        ]),
      ),
      ...natted.map(({ uplink, rules }) => chain(uplinkNatName(uplink), rules)),
      ...sharedNats(uplinks, new Set(natted.map(({ uplink }) => uplink))),
      chain(
        'source_nat',
        [
          ...(program.forwards.length === 0 ? [] : ['jump hairpin']),
          'ip daddr 169.254.0.0/16 accept',
          'ip daddr 224.0.0.0/4 accept',
          'ip daddr 255.255.255.255 accept',
          'ip6 daddr fe80::/10 accept',
          'ip6 daddr ff00::/8 accept',
          'rt ipsec exists accept',
          `ct mark & ${formatMark(marking.mask)} vmap @slot_nat`,
          'oifname vmap @uplink_nat',
        ],
        // A priority of its own: at an equal one the chain registered last would run first.
        'type nat hook postrouting priority 95; policy accept;',
      ),
    ],
  };
}

/** For each device that uplinks share, a chain that finds the NAT of the one that it leaves by. */
function sharedNats(uplinks: readonly Uplink[], natted: ReadonlySet<Uplink>): Chain[] {
  const verdict = (uplink: Uplink): string =>
    natted.has(uplink) ? `goto ${uplinkNatName(uplink)}` : 'return';
  const firsts = uplinks.filter(
    (uplink) => uplinks.find(({ device }) => device === uplink.device) === uplink,
  );
  return firsts.flatMap((first) => {
    const all = uplinks.filter(({ device }) => device === first.device);
    if (all.length === 1 || !all.some((uplink) => natted.has(uplink))) return [];
    const rules = FAMILIES.flatMap((family) => {
      const { told, rest } = departuresOf(uplinks, first, family);
      return [
        ...told.map(({ test, uplink }) => `${test} ${verdict(uplink)}`),
        `${only(family)} ${verdict(rest)}`,
      ];
    });
    return [chain(`${uplinkNatName(first)}_shared`, rules)];
  });
}

const isSome = (each: NatByFamily): boolean =>
  FAMILIES.some((family) => each[family].kind !== 'none');

function uplinkRules(
  uplink: Uplink,
  { local, marked, slots, marking, uplinks }: Program,
): string[] {
  return FAMILIES.flatMap((family) => {
    const others = othersAddresses(uplinks, uplink, family).join(', ');
    const foreign = (operator: string): string =>
      others === '' ? '' : `${ip(family)} saddr ${operator}{ ${others} } `;
    const own = uplink.nat[family];
    const masqueraded = masquerade(uplinks, uplink, family);
    const ownRules = natRules(own, family, masqueraded);
    // A socket bound to another address of this uplink keeps it.
    const bound = `${only(family)} fib saddr . oif type local ${foreign('!= ')}snat ${ip(family)} to ${ip(family)} saddr`;
    if (own.kind === 'masquerade' || own.kind === 'snat') return [bound, ...ownRules];
    if (own.kind === 'nonat' || local.length + marked.length === 0) return ownRules;
    // The router's own packet has the source of the uplink that main would have taken: it was
    // given before the rule was asked.
    const corrected = ownSlots(uplink, slots).flatMap(({ number }) => {
      const slot = formatMark(slotMark(marking.mask, number));
      const chosen = `${only(family)} ct mark & ${formatMark(marking.mask)} == ${slot}`;
      return [
        `${chosen} fib saddr type local fib saddr . oif type != local ${masqueraded}`,
        ...(others === '' ? [] : [`${chosen} fib saddr type local ${foreign('')}${masqueraded}`]),
      ];
    });
    return [...ownRules, ...corrected];
  });
}

/** The statement that gives what leaves by an uplink an address of that. */
function masquerade(uplinks: readonly Uplink[], uplink: Uplink, family: Family): string {
  const address = masqueradeAddress(uplinks, uplink, family);
  return address === undefined ? 'masquerade' : `snat ${ip(family)} to ${address}`;
}

/** The rules for one family; `none` has none. */
function natRules(each: Nat, family: Family, masqueraded: string): string[] {
  const name = ip(family);
  switch (each.kind) {
    case 'none':
      return [];
    case 'masquerade':
      return [`${only(family)} ${masqueraded}`];
    case 'nonat':
      // Bound to itself, so that no other chain translates it later.
      return [`${only(family)} snat ${name} to ${name} saddr`];
    case 'snat':
      return [`${only(family)} snat ${name} to ${translation(each.ranges, family)}`];
    case 'prefix':
      return [
        `${name} saddr ${formatRange(each.from)} snat ${name} prefix to ${formatRange(each.to)}`,
      ];
    default:
      each satisfies never;
      return bug('a NAT of no kind');
  }
}

/** By source, so that a host keeps its address; with a seed, so that it keeps it through reloads. */
function translation(ranges: readonly AddressRange[], family: Family): string {
  const [only_] = ranges;
  if (ranges.length === 1 && only_ !== undefined) {
    const [low, high] = [only_.low, only_.high].map((value) =>
      formatAddress({ family, value } as Address),
    );
    return low === high ? `${low}` : `${low}-${high} persistent`;
  }
  const addresses = ranges.flatMap(expand);
  const choices = addresses.map((address, index) => `${index} : ${address}`).join(', ');
  return `jhash ${ip(family)} saddr mod ${addresses.length} seed 0x1 map { ${choices} }`;
}

function expand(range: AddressRange): string[] {
  const count = Number(BigInt(range.high) - BigInt(range.low)) + 1;
  return Array.from({ length: count }, (_, index) =>
    formatAddress(
      range.family === 4
        ? { family: 4, value: range.low + index }
        : { family: 6, value: range.low + BigInt(index) },
    ),
  );
}
