import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fixtures } from './fixtures.ts';
import { load, unload } from './load.ts';
import type { Namespace } from './namespace.ts';
import { withNetwork } from './network.ts';
import { runPackets } from './packets.ts';
import { readPackets } from './read-packets.ts';
import { state } from './state.ts';

/** What others keep in the same kernel, each in the form that its own documentation gives. */
interface Neighbours {
  readonly ip: readonly string[];
  readonly iptables: readonly string[];
  readonly nft: string;
}

/** A device by that name, of a kind that every kernel has; what is sent to it is lost. */
const device = (name: string): string[] => [
  `link add ${name} type veth peer name ${name}-peer`,
  `link set ${name}-peer up`,
  `link set ${name} up`,
];

/** Tailscale, Docker, libvirt, FRR, and a firewall in nft that masquerades and marks. */
const CROWD: Neighbours = {
  ip: [
    ...['tailscale0', 'docker0', 'virbr0'].flatMap(device),
    'addr add 100.64.0.5/32 dev tailscale0',
    'addr add 172.17.0.1/16 dev docker0',
    'addr add 192.168.122.1/24 dev virbr0',
    'rule add pref 5210 fwmark 0x80000/0xff0000 lookup main',
    'rule add pref 5230 fwmark 0x80000/0xff0000 lookup default',
    'rule add pref 5250 fwmark 0x80000/0xff0000 unreachable',
    'rule add pref 5270 lookup 52',
    'route add 100.64.0.9 dev tailscale0 table 52',
    'route add 10.77.0.0/16 via 192.168.0.10 dev lan0 proto 186 metric 20',
  ],
  iptables: [
    '*mangle',
    '-A PREROUTING -m conntrack --ctstate ESTABLISHED,RELATED -j CONNMARK --restore-mark --nfmask 0xff0000 --ctmask 0xff0000',
    '-A OUTPUT -m conntrack --ctstate NEW -m mark ! --mark 0x0/0xff0000 -j CONNMARK --save-mark --nfmask 0xff0000 --ctmask 0xff0000',
    'COMMIT',
    '*nat',
    ...[':DOCKER - [0:0]', ':LIBVIRT_PRT - [0:0]', ':ts-postrouting - [0:0]'],
    '-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER',
    '-A POSTROUTING -j ts-postrouting',
    '-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE',
    '-A POSTROUTING -j LIBVIRT_PRT',
    '-A ts-postrouting -m mark --mark 0x40000/0xff0000 -j MASQUERADE',
    '-A LIBVIRT_PRT -s 192.168.122.0/24 -d 224.0.0.0/24 -j RETURN',
    '-A LIBVIRT_PRT -s 192.168.122.0/24 ! -d 192.168.122.0/24 -j MASQUERADE',
    '-A DOCKER -i docker0 -j RETURN',
    'COMMIT',
    '*filter',
    '-A FORWARD -i tailscale0 -j MARK --set-xmark 0x40000/0xff0000',
    '-A FORWARD -i docker0 ! -o docker0 -j ACCEPT',
    'COMMIT',
  ],
  nft: [
    'table inet firewall {',
    '  chain marks { type filter hook prerouting priority mangle; policy accept;',
    '    iifname "lan0" meta mark set meta mark | 0x1000 ct mark set ct mark | 0x1000',
    '  }',
    '  chain forward { type filter hook forward priority filter; policy drop;',
    '    ct state established,related accept',
    '    iifname "lan0" accept',
    '    ct status dnat accept',
    '  }',
    '  chain leaving { type nat hook postrouting priority srcnat; policy accept;',
    '    oifname { "eth2", "eth3", "wwan0" } masquerade',
    '  }',
    '}',
    '',
  ].join('\n'),
};

/** wg-quick with a tunnel for everything: what is not chosen for goes into it. */
const TUNNEL: Neighbours = {
  ip: [
    ...device('wg0'),
    'addr add 10.9.0.2/32 dev wg0',
    'route add default dev wg0 table 51820',
    'rule add not fwmark 51820 table 51820',
    'rule add table main suppress_prefixlength 0',
  ],
  iptables: [
    '*mangle',
    '-A POSTROUTING -p udp -m mark --mark 51820 -j CONNMARK --save-mark',
    'COMMIT',
  ],
  nft: '',
};

/** iptables makes chains of the kernel's with their first rule, and leaves them there when it goes. */
const BUILT_IN = [
  '*filter\n-A INPUT\n-A FORWARD\n-A OUTPUT\nCOMMIT',
  '*nat\n-A PREROUTING\n-A POSTROUTING\nCOMMIT',
  '*mangle\n-A PREROUTING\n-A OUTPUT\n-A POSTROUTING\nCOMMIT\n',
].join('\n');

async function moveIn(router: Namespace, { ip, iptables, nft }: Neighbours): Promise<void> {
  await router.run('ip', ['-batch', '-'], `${ip.join('\n')}\n`);
  const rules = `${iptables.join('\n')}\n`;
  for (const each of ['nft', 'legacy']) {
    for (const tool of ['iptables', 'ip6tables']) {
      await router.run(`${tool}-${each}-restore`, ['--noflush'], BUILT_IN);
    }
    await router.run(`iptables-${each}-restore`, ['--noflush'], rules);
  }
  await router.run('nft', ['-f', '-'], nft);
}

const WEB = '192.168.0.228 -> 203.0.113.80';
const CHOSEN = [
  { tcp: `${WEB}:80`, leaves: 'eth3', as: '192.0.2.2', keep: 'web' },
  { tcp: `${WEB}:81`, leaves: 'wwan0', as: '203.0.113.130' },
  { 'local tcp': '-> 203.0.113.80:8080', leaves: 'eth3', as: '192.0.2.2' },
  { 'inbound tcp': 'eth3: 203.0.113.80 -> 192.0.2.2:8443', answered: 'lan0' },
  { 'inbound tcp': 'eth3: 203.0.113.80 -> 192.0.2.2:9999', answered: true },
];

describe.each(fixtures.filter(({ name }) => name === 'failover'))('beside others, $by', (each) => {
  const { files, packets, iptables } = each;
  const { network } = JSON.parse(readFileSync(packets, 'utf8'));
  it.each([
    [
      'Tailscale, Docker, libvirt, FRR and a firewall',
      CROWD,
      { leaves: 'eth2', as: '198.51.100.2' },
    ],
    ['a full tunnel of wg-quick', TUNNEL, { leaves: null }],
  ])('%s: packets go their ways, and their state is as before', async (_, neighbours, rest) => {
    const steps = [
      { together: [...CHOSEN, { tcp: `${WEB}:99`, ...rest }] },
      { again: 'web', answered: true },
    ];
    const { network: plan, steps: read } = readPackets(JSON.stringify({ network, steps }));
    await withNetwork(plan, async (running) => {
      const { router } = running;
      await moveIn(router, neighbours);
      const before = await state(router);
      await load(router, files, undefined, iptables);
      expect(await runPackets(running, files, read, iptables)).toEqual([]);
      if (neighbours === CROWD) {
        const flows = await router.run('conntrack', ['-L', '-p', 'tcp', '--dport', '80']);
        const marks = [...flows.matchAll(/ mark=(\d+)/g)].map(([, mark]) => Number(mark));
        expect(marks).not.toEqual([]);
        for (const mark of marks) expect(mark).toBe(0x02001000);
      }
      await unload(router, files, iptables);
      expect(await state(router)).toEqual(before);
    });
  });
});
