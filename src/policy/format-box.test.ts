import { expect, it } from 'vitest';
import { understand } from '../compile.ts';
import { formatBoxes } from './format-box.ts';

/** The boxes of a rule, in words. */
function said(matches: string): string[] {
  const text = `uplink a dev eth1\nset s domains x.example\nroute ${matches} via a\n`;
  const entry = { name: 'p.route', base: 'p', bytes: new TextEncoder().encode(text) };
  const { program } = understand(entry, () => ({ refused: '' }), undefined);
  const { forwarded = [], local = [] } = program ?? {};
  return [
    ...[...forwarded].flatMap(({ boxes }) =>
      formatBoxes(boxes.map((box) => ({ box, local: false }))),
    ),
    ...[...local].flatMap(({ boxes }) => formatBoxes(boxes.map((box) => ({ box, local: true })))),
  ];
}

it.each([
  ['', 'everything'],
  ['ipv6', 'ipv6'],
  ['tcp,udp 53', 'tcp,udp 53'],
  ['tcp not 80', 'tcp not 80'],
  ['not tcp', 'not tcp'],
  ['host 192.168.0.1, 192.168.0.9 tcp 80-81', 'from 192.168.0.1, 192.168.0.9 tcp 80-81'],
  ['ipv4 from not 10.0.0.0/8', 'from not 10.0.0.0/8'],
  ['icmp echo-request', 'ipv4 icmp echo-request'],
  ['icmpv6 echo-request', 'ipv6 icmpv6 echo-request'],
  ['proto gre, esp', 'proto gre, esp'],
  ['in lan0, guest* udp 53 sport 53', 'udp 53 sport 53 in guest*, lan0'],
  ['in not lan0', 'in not lan0'],
  ['mac 00:00:5e:00:53:01', 'mac 00:00:5e:00:53:01'],
  ['dscp 46 mark 0x1/0x3', 'dscp 46 mark 0x00000001/0x00000003'],
  ['local user alice', 'local user alice'],
  ['local user 1000', 'local user 1000'],
  ['local cgroup "x.slice"', 'local cgroup "x.slice"'],
  ['to @s', 'to @s'],
  ['time 22:00-06:00 fri', 'time 22:00-06:00 fri'],
  ['time 22:00-06:00 sun', 'time 22:00-06:00 sun'],
  ['time 22:00-06:00', 'time 22:00-06:00'],
  ['time 08:00-24:00 mon-fri,sun', 'time 08:00-24:00 mon-fri,sun'],
  ['time 00:00-24:00 mon-fri', 'time 00:00-24:00 mon-fri'],
  ['time 10:00-14:00 sat-mon', 'time 10:00-14:00 mon,sat-sun'],
  ['tcp 1,3,5,7,9,11,13,15', 'tcp 1, 3, 5, 7, 9, 11 and 2 more'],
])('%s is said as such', (matches, words) => {
  expect(said(matches)).toEqual([words]);
});
