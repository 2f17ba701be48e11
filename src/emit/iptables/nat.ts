import { bug } from '../../bug.ts';
import { slotMark } from '../../model/marking.ts';
import { ownSlots } from '../../model/own-slots.ts';
import type { Nat, Program, Uplink } from '../../model/program.ts';
import { isShared, masqueradeAddress, othersAddresses, sharers } from '../../model/sharers.ts';
import { type Address, type AddressRange, type Family, formatAddress } from '../../net/address.ts';
import { formatRange } from '../../net/prefix.ts';
import { clusterTest } from './balance.ts';
import { settledBy } from './departures.ts';
import { forward } from './forward.ts';
import type { Marks } from './marks.ts';
import { chain, type Table } from './table.ts';

/** What is nobody's to translate: what stays on the link, and what IPsec will wrap. */
const kept = (family: Family): string[] => [
  ...(family === 4
    ? ['169.254.0.0/16', '224.0.0.0/4', '255.255.255.255']
    : ['fe80::/10', 'ff00::/8']
  ).map((prefix) => `-d ${prefix} -j RETURN`),
  '-m policy --dir out --pol ipsec -j RETURN',
];

/** What becomes of the source addresses: a rule's own NAT first, then that of the uplink. */
export function nat(program: Program, family: Family, marks: Marks): Table {
  const { uplinks, slots, marking } = program;
  const devices = [...new Set(uplinks.map(({ device }) => device))];
  const special = slots.flatMap((slot) => {
    const by = slot.kind === 'transit' ? slot.target : slot;
    if (by.kind === 'ordering' || !by.special) return [];
    const fits = `-o ${by.uplink.device} ${marks.connection(slotMark(marking.mask, slot.number))}`;
    return natRules(by.nat[family], family, masquerade(uplinks, by.uplink, family)).map(
      (rule) => `${fits} ${rule}`,
    );
  });
  const { arrivals, hairpin } = forward(program, family, marks);
  return {
    name: 'nat',
    chains: [
      chain('port-forward', arrivals),
      chain('leaving', [
        ...kept(family),
        ...special,
        ...uplinks.flatMap((uplink) => {
          const those = sharers(uplinks, uplink, family);
          if (those.length > 0 && !those.includes(uplink)) return [];
          const shared = isShared(uplinks, uplink, family);
          const rules = uplinkRules(uplink, program, family, marks);
          // Of those on one device no other has to look at what leaves by this one.
          const all = shared ? [...rules, '-j RETURN'] : rules;
          return settledBy(program, uplink, family, marks).flatMap((test) =>
            all.map((rule) => `${test} ${rule}`),
          );
        }),
        // What main routes by a device that several share.
        ...devices.flatMap((device) => {
          const first = uplinks.find(
            (uplink) => uplink.device === device && isShared(uplinks, uplink, family),
          );
          if (first === undefined) return [];
          return uplinkRules(first, program, family, marks).map((rule) => `-o ${device} ${rule}`);
        }),
      ]),
      chain('source-nat', [
        ...devices.map((device) => `-o ${device} -g routec-leaving`),
        ...hairpin,
      ]),
    ],
    jumps: [
      { from: 'PREROUTING', to: 'routec-port-forward', place: 'first' },
      { from: 'POSTROUTING', to: 'routec-source-nat', place: 'first' },
    ],
  };
}

function uplinkRules(
  uplink: Uplink,
  { local, marked, slots, marking, uplinks }: Program,
  family: Family,
  marks: Marks,
): string[] {
  const own = uplink.nat[family];
  const others = othersAddresses(uplinks, uplink, family);
  const masqueraded = masquerade(uplinks, uplink, family);
  // A socket bound to another address of this uplink keeps it.
  const bound = `-m addrtype --src-type LOCAL --limit-iface-out -j ${untouched(family)}`;
  if (own.kind === 'masquerade' || own.kind === 'snat') {
    const rules = natRules(own, family, masqueraded);
    return [
      ...others.flatMap((prefix) => rules.map((rule) => `-s ${prefix} ${rule}`)),
      bound,
      ...rules,
    ];
  }
  if (own.kind === 'nonat' || local.length + marked.length === 0)
    return natRules(own, family, masqueraded);
  // The router's own packet has the source of the uplink that main would have taken: it was given
  // before the rule was asked.
  return [
    ...natRules(own, family, masqueraded),
    ...ownSlots(uplink, slots).flatMap(({ number }) => {
      const byRule = `${marks.connection(slotMark(marking.mask, number))} -m addrtype --src-type LOCAL`;
      return [
        ...others.map((prefix) => `${byRule} -s ${prefix} ${masqueraded}`),
        `${byRule} -m addrtype ! --src-type LOCAL --limit-iface-out ${masqueraded}`,
      ];
    }),
  ];
}

/** The target that gives what leaves by an uplink an address of that. */
function masquerade(uplinks: readonly Uplink[], uplink: Uplink, family: Family): string {
  const address = masqueradeAddress(uplinks, uplink, family);
  return address === undefined ? '-j MASQUERADE' : `-j SNAT --to-source ${address}`;
}

/** The rules for one family; `none` has none. */
function natRules(each: Nat, family: Family, masqueraded: string): string[] {
  switch (each.kind) {
    case 'none':
      return [];
    case 'masquerade':
      return [masqueraded];
    case 'nonat':
      // Bound to itself, so that no other table translates it later.
      return [`-j ${untouched(family)}`];
    case 'snat':
      return translation(each.ranges, family);
    case 'prefix':
      return [`-s ${formatRange(each.from)} -j NETMAP --to ${formatRange(each.to)}`];
    default:
      each satisfies never;
      return bug('a NAT of no kind');
  }
}

/** By source, so that a host keeps its address; always alike, so that it keeps it through reloads. */
function translation(ranges: readonly AddressRange[], family: Family): string[] {
  const [only] = ranges;
  const text = (value: number | bigint): string => formatAddress({ family, value } as Address);
  if (ranges.length === 1 && only !== undefined) {
    const { low, high } = only;
    if (low === high) return [`-j SNAT --to-source ${text(low)}`];
    return [`-j SNAT --to-source ${text(low)}-${text(high)} --persistent`];
  }
  const addresses = ranges.flatMap(({ low, high }) =>
    Array.from({ length: Number(BigInt(high) - BigInt(low)) + 1 }, (_, index) =>
      text(typeof low === 'bigint' ? low + BigInt(index) : low + index),
    ),
  );
  return addresses.map((address, index) => {
    const share = clusterTest(addresses.length, index, '0x1');
    return `${index === addresses.length - 1 ? '' : `${share} `}-j SNAT --to-source ${address}`;
  });
}

/** A mapping that keeps every bit of the source. */
const untouched = (family: Family): string => `NETMAP --to ${family === 4 ? '0.0.0.0' : '::'}/0`;
