import { slotMark } from '../../model/marking.ts';
import type { Program, Slot, UplinkSlot } from '../../model/program.ts';
import { isUnsettled, settledOf } from '../../model/settled.ts';
import { isShared } from '../../model/sharers.ts';
import { unguidedMarks } from '../../model/unguided-marks.ts';
import type { Family } from '../../net/address.ts';
import { formatMac } from '../../net/mac.ts';
import { joined } from '../../series.ts';
import { namedAtoms } from '../named-atoms.ts';
import { leavingBy } from './departures.ts';
import type { Marks } from './marks.ts';
import { namedChain } from './named.ts';
import { type Chain, chain, slotChain, type Table } from './table.ts';

const returning = (...types: readonly string[]): string =>
  `-m addrtype --dst-type ${types.join(',')} -j RETURN`;

/**
 * What only the link itself is concerned with is nobody's to route. One look at the routes does for many types;
 * but MULTICAST among others fits nothing else in IPv6 (`match_type6` in the kernel).
 */
const bypass = (family: Family, ...types: readonly string[]): string[] =>
  family === 4
    ? [returning(...types, 'BROADCAST', 'ANYCAST', 'MULTICAST')]
    : [returning(...types, 'ANYCAST'), returning('MULTICAST'), '-d fe80::/10 -j RETURN'];

/** The router's own DHCP and neighbour discovery; a host behind it has no such excuse. */
const bypassOwn = (family: Family, ...types: readonly string[]): string[] => [
  ...bypass(family, ...types),
  ...(family === 4
    ? ['-p 17 -m udp --sport 67:68 --dport 67:68 -j RETURN']
    : [
        ...[133, 134, 135, 136, 137].map(
          (type) => `-p 58 -m icmp6 --icmpv6-type ${type} -j RETURN`,
        ),
        '-p 17 -m udp --sport 546:547 --dport 546:547 -j RETURN',
      ]),
];

/** It goes by the MTU of the way there, and by that of main's way back. */
const CLAMP = '-p 6 -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu';

const TO_ROUTER = returning('LOCAL');
/** First packets, and what conntrack does not follow: that is judged packet by packet. */
const UNDECIDED = 'NEW,INVALID,UNTRACKED';

/** Where packets come past: what is undecided is chosen for, what is decided gets its mark. */
export function mangle(
  program: Program,
  family: Family,
  marks: Marks,
  choices: {
    readonly forwarded: Chain;
    readonly local: Chain;
    readonly marked?: Chain;
    readonly inbound: Chain;
  },
): Table {
  const { marking, uplinks, slots, arrivals } = program;
  const { marked } = choices;
  const devices = [...new Set(uplinks.map(({ device }) => device))];
  const markOf = (slot: Slot): number => slotMark(marking.mask, slot.number);
  const inbound = slots.filter((slot): slot is UplinkSlot => slot.kind === 'inbound');
  // Main is remembered by the connection alone.
  const unmarkMain = `${marks.packet(marking.main)} ${marks.setPacket(0)}`;
  const transits = slots.filter((slot) => slot.kind === 'transit');
  // What packets carry: a transit's go as those of its target.
  const carried = slots.filter(({ kind }) => kind !== 'transit');
  // The answer to what came in by an uplink may come from another.
  const answers = inbound.flatMap((slot) => {
    if (slot.uplink.ways[family] === undefined) return [];
    const open = `${marks.connection(markOf(slot))} -m conntrack --ctdir REPLY`;
    return `${open} ${marks.setPacket(markOf(slot))}`;
  });
  const onTheWay = transits.flatMap((slot) => {
    const back = slot.arrival.uplink.ways[family] === undefined ? 0 : markOf(slot.arrival);
    const open = `${marks.connection(markOf(slot))} -m conntrack --ctdir`;
    return [
      `${open} ORIGINAL ${marks.setPacket(markOf(slot.target))}`,
      `${open} REPLY ${marks.setPacket(back)}`,
    ];
  });
  const chosen = (name: string): string[] => [
    `-m conntrack ! --ctstate ${UNDECIDED} -j RETURN`,
    `-j ${name}`,
    marks.save,
    unmarkMain,
  ];
  return {
    name: 'mangle',
    chains: [
      ...slots
        .filter(({ kind }) => kind !== 'inbound' && kind !== 'kept')
        .map((slot) => ({ name: slotChain(slot.number), rules: [marks.setPacket(markOf(slot))] })),
      ...(['main', 'drop', 'reject'] as const).map((verdict) =>
        chain(verdict, [marks.setPacket(marking[verdict])]),
      ),
      choices.forwarded,
      choices.local,
      ...(marked === undefined ? [] : [marked, chain('marked', chosen(marked.name))]),
      choices.inbound,
      // A slot that nothing knows any more has no rule: it meets the guard, and never main.
      chain('restore', [marks.restore, unmarkMain, ...onTheWay]),
      chain('transit', [...answers, ...onTheWay]),
      // Not restored here, or an answer would go straight back out; but what is on its way from one
      // uplink to another has the mark of where it goes.
      chain('inbound', [
        `${marks.notConnection()} -g routec-transit`,
        '-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN',
        ...bypassOwn(family),
        ...(program.inbound.length === 0
          ? []
          : [
              `-m addrtype ! --dst-type LOCAL -j ${choices.inbound.name}`,
              // Main is to stay with the arrival.
              unmarkMain,
              `${marks.notPacket()} -g routec-begin-transit`,
            ]),
        ...arrivals
          .filter(({ uplink, box }) => box.family === family && uplink.ways[family] !== undefined)
          .flatMap(({ uplink, box }) => {
            const to = marks.setConnection(slotMark(marking.mask, uplink.inbound));
            const arrival = `-i ${uplink.device}`;
            if (!isShared(uplinks, uplink, family)) return `${arrival} ${to}`;
            // The first that fits.
            const open = `${arrival} ${marks.connection()}`;
            if (box.mac !== undefined) {
              return box.mac.map(([mac]) => `${open} -m mac --mac-source ${formatMac(mac)} ${to}`);
            }
            if (box.destination === undefined) return `${open} ${to}`;
            const own = uplink.own.filter((each) => each.family === family);
            return own.map(({ prefix }) => `${open} -d ${prefix} ${to}`);
          }),
      ]),
      chain('begin-transit', [
        marks.save,
        ...transits.map(
          (slot) => `${marks.packet(markOf(slot))} ${marks.setPacket(markOf(slot.target))}`,
        ),
      ]),
      // What the router sent and no uplink could take goes back to it, to be refused. A connection that
      // is open waits for its uplink; further on a changed device would end what is masqueraded.
      chain('hold', [
        TO_ROUTER,
        '-m conntrack --ctstate NEW -j RETURN',
        ...[...carried.map(markOf), marking.drop, marking.reject].map(
          (mark) => `${marks.packet(mark)} -j DROP`,
        ),
      ]),
      chain('prerouting', [
        ...devices.map((device) => `-i ${device} -g routec-inbound`),
        '-i lo -j RETURN',
        `${marks.notConnection()} -g routec-restore`,
        ...bypass(family, 'LOCAL'),
        ...chosen(choices.forwarded.name),
      ]),
      chain('output', [
        `${marks.notPacket()} -j RETURN`,
        ...bypassOwn(family, 'LOCAL'),
        `${marks.notConnection()} -g routec-restore`,
        // What carries another program's mark (a tunnel's own packets) is chosen for where a rule names it.
        `-m mark ! --mark 0 ${marked === undefined ? '-j RETURN' : '-g routec-marked'}`,
        ...chosen(choices.local.name),
      ]),
      // Another program wrote the whole mark behind us: main has routed what a rule chose for.
      chain('astray', [
        ...unguidedMarks(slots, marking).map((mark) => `${marks.connection(mark)} -j RETURN`),
        '-j DROP',
      ]),
      chain('settle', [
        ...uplinks
          .filter(({ clamped }) => clamped)
          .flatMap(({ device }) => [`-o ${device}`, `-i ${device}`].map((by) => `${by} ${CLAMP}`)),
        `-o lo ${marks.notPacket()} -g routec-hold`,
        ...devices.map(
          (device) =>
            `-o ${device} ${marks.packet()} ${marks.notConnection()} -m conntrack --ctdir ORIGINAL -g routec-astray`,
        ),
        ...settle(program, family, markOf, marks),
      ]),
    ],
    jumps: [
      // Behind what others do: some write the whole mark.
      { from: 'PREROUTING', to: 'routec-prerouting', place: 'last' },
      { from: 'OUTPUT', to: 'routec-output', place: 'last' },
      { from: 'POSTROUTING', to: 'routec-settle', place: 'last' },
    ],
    kept: namedAtoms(joined([program.local, program.marked]), [family]).map(namedChain),
  };
}

/** An ordering's connection stays with the uplink that its first packet leaves by, or with main. */
function settle(
  program: Program,
  family: Family,
  markOf: (slot: Slot) => number,
  marks: Marks,
): string[] {
  const rules = program.slots.flatMap((slot) => {
    if (!isUnsettled(slot)) return [];
    const open = marks.connection(markOf(slot));
    const back = slot.kind === 'transit' && slot.arrival.uplink.ways[family] !== undefined;
    return [
      // Without a way, what leaves by the device was main's to send there.
      ...settledOf(slot)
        .filter(({ uplink }) => uplink.ways[family] !== undefined)
        .map(
          ({ uplink, to }) =>
            `${open} ${leavingBy(program, uplink, family)} ${marks.setConnection(markOf(to))}`,
        ),
      `${open} ${marks.setConnection(back ? markOf(slot.arrival) : program.marking.main)}`,
    ];
  });
  return rules.length === 0
    ? []
    : ['-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN', ...rules];
}
