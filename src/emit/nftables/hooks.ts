import { slotMark } from '../../model/marking.ts';
import type { Program } from '../../model/program.ts';
import { isUnsettled } from '../../model/settled.ts';
import { unguidedMarks } from '../../model/unguided-marks.ts';
import { formatMark } from '../../net/mark.ts';
import { transits } from './arrivals.ts';
import { fewTests } from './few-tests.ts';
import { chain, type Part, quoted, slotName, sorted } from './names.ts';

/** What an ordering's end says to the router's own packets that are no TCP. */
const ENDS = {
  unreachable: undefined,
  main: undefined,
  drop: 'drop',
  reject: 'reject with icmpx admin-prohibited',
} as const;

/** What only the link itself is concerned with is nobody's to route. */
const LINK = ['broadcast', 'anycast', 'multicast'];
/** Known in IPv6 by its address alone. */
const OF_LINK = 'ip6 daddr fe80::/10 accept';

/** Where packets come past: what is undecided is chosen for, what is decided gets its mark. */
export function hooks({ marking, uplinks, slots, inbound, marked }: Program): Part {
  const mask = formatMark(marking.mask);
  const decided = `ct mark & ${mask} != 0`;
  const undecided = `ct mark & ${mask} == 0`;
  const reset = 'meta l4proto 6 reject with tcp reset';
  const devices = sorted([...new Set(uplinks.map(({ device }) => quoted(device)))]);
  const slot = `ct mark & ${mask}`;
  // Most of what is decided.
  const chosen = slots
    .filter(({ kind }) => kind === 'chosen')
    .map((each) => ({
      value: formatMark(slotMark(marking.mask, each.number)),
      verdict: `goto mark_${slotName(each)}`,
    }));
  const unguided = unguidedMarks(slots, marking);
  return {
    filled: [
      {
        keyword: 'set',
        name: 'uplinks',
        declaration: ['type ifname'],
        elements: devices,
      },
      // One look at the routes for all types of address; a set that stays misses none in a reload.
      { keyword: 'set', name: 'of_link', declaration: ['type fib_addrtype'], elements: LINK },
      {
        keyword: 'set',
        name: 'unrouted',
        declaration: ['type fib_addrtype'],
        elements: ['local', ...LINK],
      },
    ],
    chains: [
      // The router's own DHCP and neighbour discovery; a host behind it has no such excuse.
      chain('bypass_own', [
        OF_LINK,
        'icmpv6 type 133-137 accept',
        'udp sport 67-68 udp dport 67-68 accept',
        'udp sport 546-547 udp dport 546-547 accept',
      ]),
      // A slot that nothing knows any more must not fall to main with its old source address.
      chain('restore', [`ct mark & ${mask} vmap @slots`, 'goto mark_dead']),
      // Not restored here, or an answer would go straight back out; but what is on its way from one
      // uplink to another has the mark of where it goes.
      chain('inbound', [
        ...(fewTests(`${slot} ==`, transits(slots, marking)) ?? [`${slot} vmap @transits`]),
        'ct state established,related accept',
        `${decided} accept`,
        'fib daddr type @of_link accept',
        'jump bypass_own',
        ...(inbound.length === 0 ? [] : ['fib daddr type != local goto choose_inbound']),
        'goto arrive',
      ]),
      // What the router sent and no uplink could take comes back by lo instead (the guard's own rule).
      // Its TCP would hang on a packet that is dropped behind its back.
      chain('refuse_looped', [
        'fib daddr type local accept',
        reset,
        `meta mark & ${mask} == ${formatMark(marking.drop)} drop`,
        `meta mark & ${mask} == ${formatMark(marking.reject)} ${ENDS.reject}`,
        ...slots.flatMap((slot) => {
          const end = slot.kind === 'ordering' ? ENDS[slot.end] : undefined;
          const mark = formatMark(slotMark(marking.mask, slot.number));
          return end === undefined ? [] : [`meta mark & ${mask} == ${mark} ${end}`];
        }),
        'reject with icmpx no-route',
      ]),
      // On its way there: a connection that is open waits for its uplink to come back. It is held
      // here, for further on a changed device would end what is masqueraded.
      chain('hold', [
        'fib daddr type local accept',
        `meta mark & ${mask} == ${formatMark(marking.dead)} accept`,
        'ct state != new drop',
      ]),
      chain('looped', [`meta mark & ${mask} != 0 goto refuse_looped`]),
      chain(
        'prerouting',
        [
          ...(fewTests(
            'iifname',
            devices.map((value) => ({ value, verdict: 'goto inbound' })),
          ) ?? ['iifname @uplinks goto inbound']),
          // Its number is 1 wherever it is, and soon compared; a name is not.
          'iif "lo" goto looped',
          // As in `restore`, without the way there: nearly all packets are of decided connections.
          // Of few uplinks, what leaves by one is known without the look-up.
          ...(fewTests(`${slot} ==`, chosen) ?? []),
          `${slot} vmap @slots`,
          `${decided} goto mark_dead`,
          'fib daddr type @unrouted accept',
          OF_LINK,
          // What conntrack does not follow is judged packet by packet.
          'ct state new,invalid,untracked goto choose',
        ],
        'type filter hook prerouting priority -140; policy accept;',
      ),
      chain(
        'output',
        [
          `meta mark & ${mask} != 0 accept`,
          'fib daddr type @unrouted accept',
          'jump bypass_own',
          // What carries another program's mark (a tunnel's own packets) is chosen for where a rule names it.
          `meta mark 0 ${undecided} ct state new jump choose_local`,
          'meta mark 0 ct state invalid,untracked goto choose_local',
          ...(marked.length === 0
            ? []
            : [
                `meta mark != 0 ${undecided} ct state new jump choose_marked`,
                'meta mark != 0 ct state invalid,untracked goto choose_marked',
              ]),
          `${decided} goto restore`,
        ],
        'type route hook output priority -140; policy accept;',
      ),
      chain(
        'settle',
        [
          `oif "lo" meta mark & ${mask} != 0 goto hold`,
          // Another program wrote the whole mark behind us: main has routed what a rule chose for.
          `meta mark & ${mask} == 0 ct direction original ${decided} oifname @uplinks goto astray`,
          ...(slots.some(isUnsettled) ? [`ct mark & ${mask} vmap @orderings`] : []),
        ],
        'type filter hook postrouting priority -140; policy accept;',
      ),
      chain('astray', [
        `ct mark & ${mask} { ${unguided.map((mark) => formatMark(mark)).join(', ')} } accept`,
        'counter drop',
      ]),
      chain(
        'refuse_local',
        // Without main's default, what is for main alone is bound for lo.
        [reset, 'reject'].map(
          (rule) => `oif "lo" meta mark & ${mask} == 0 fib daddr type != local ${rule}`,
        ),
        'type filter hook output priority 10; policy accept;',
      ),
      chain(
        'refuse_forwarded',
        ['oif "lo" reject with icmpx no-route'],
        'type filter hook forward priority 10; policy accept;',
      ),
    ],
  };
}
