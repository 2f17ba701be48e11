import { slotMark } from '../../model/marking.ts';
import type { Program } from '../../model/program.ts';
import type { Family } from '../../net/address.ts';
import type { Marks } from './marks.ts';
import { chain, type Table } from './table.ts';

/** What must not leave is answered: the router's own packets as they come back, the rest on its way. */
export function filter({ marking, slots }: Program, family: Family, marks: Marks): Table {
  const [prohibited, noRoute] =
    family === 4
      ? ['icmp-admin-prohibited', 'icmp-net-unreachable']
      : ['icmp6-adm-prohibited', 'icmp6-no-route'];
  const reset = '-p 6 -j REJECT --reject-with tcp-reset';
  const toRouter = '-m addrtype --dst-type LOCAL -j RETURN';
  const ends = slots.flatMap((slot) => {
    if (slot.kind !== 'ordering' || (slot.end !== 'drop' && slot.end !== 'reject')) return [];
    return { mark: slotMark(marking.mask, slot.number), end: slot.end };
  });
  const answers = [
    ...(['drop', 'reject'] as const).map((end) => ({ mark: marking[end], end })),
    ...ends,
  ];
  return {
    name: 'filter',
    chains: [
      chain('refuse-looped', [
        '! -i lo -j RETURN',
        `${marks.packet()} -j RETURN`,
        toRouter,
        reset,
        ...answers.map(({ mark, end }) => {
          return `${marks.packet(mark)} -j ${end === 'drop' ? 'DROP' : `REJECT --reject-with ${prohibited}`}`;
        }),
        `-j REJECT --reject-with ${noRoute}`,
      ]),
      // Without main's default, what is for main alone is bound for lo.
      chain('refuse-local', [
        '! -o lo -j RETURN',
        `${marks.notPacket()} -j RETURN`,
        toRouter,
        reset,
        '-j REJECT',
      ]),
      chain('refuse-forwarded', [`-o lo -j REJECT --reject-with ${noRoute}`]),
    ],
    jumps: [
      { from: 'INPUT', to: 'routec-refuse-looped', place: 'first' },
      { from: 'OUTPUT', to: 'routec-refuse-local', place: 'first' },
      { from: 'FORWARD', to: 'routec-refuse-forwarded', place: 'first' },
    ],
  };
}
