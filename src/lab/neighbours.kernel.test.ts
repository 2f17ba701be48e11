import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCRIPTS } from 'routec:lab';
import { describe, expect, it } from 'vitest';
import { bug } from '../bug.ts';
import { fixtures } from './fixtures.ts';
import { load, unload } from './load.ts';
import type { Namespace } from './namespace.ts';
import { withNetwork } from './network.ts';
import { runPackets } from './packets.ts';
import { readPackets } from './read-packets.ts';
import { state } from './state.ts';
import { RULESETS, withCompiled } from './with-compiled.ts';

/** What others keep in the same kernel, each in the form that its own documentation gives. */
interface Neighbours {
  readonly ip: readonly string[];
  readonly iptables: readonly string[];
  readonly nft: string;
  /** What is in the conntrack mark of the LAN's web flows, of theirs alone. */
  readonly mark: number;
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
  mark: 0x1000,
};

/** A firewall of iptables that marks for its queues, as their how-tos do: whole marks are saved and restored. */
const MARKER: Neighbours = {
  ip: [],
  iptables: [
    '*mangle',
    '-A PREROUTING -j CONNMARK --restore-mark',
    '-A PREROUTING -i lan0 -p tcp -m mark --mark 0x0 -j MARK --set-mark 0x10',
    '-A PREROUTING -m mark --mark 0x10 -j CONNMARK --save-mark',
    '-A FORWARD -i lan0 -p tcp -m tcp --tcp-flags SYN,RST SYN -j CONNMARK --or-mark 0x80000000',
    '-A POSTROUTING -m mark --mark 0x10/0xff -j CLASSIFY --set-class 0001:0010',
    'COMMIT',
    '*nat',
    '-A POSTROUTING -o eth2 -j MASQUERADE',
    'COMMIT',
  ],
  nft: '',
  mark: 0x80000010,
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
  mark: 0,
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
      await router.run(`${tool}-${each}-restore`, ['-w', '--noflush'], BUILT_IN);
    }
    await router.run(`iptables-${each}-restore`, ['-w', '--noflush'], rules);
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
    [
      'a firewall that saves and restores whole marks',
      MARKER,
      { leaves: 'eth2', as: '198.51.100.2' },
    ],
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
      const flows = await router.run('conntrack', ['-L', '-p', 'tcp', '--dport', '80']);
      const marks = [...flows.matchAll(/ mark=(\d+)/g)].map(([, mark]) => Number(mark));
      expect(marks).not.toEqual([]);
      for (const mark of marks) expect(mark).toBe(neighbours.mark + 0x02000000);
      await unload(router, files, iptables);
      expect(await state(router)).toEqual(before);
    });
  });
});

/** Writes others' bits of a packet's mark before we look at it, and looks at them when it leaves. */
const THEIRS = '0x80a55aa5';
const PROBE = `
table inet probe {
  chain comes { type filter hook prerouting priority -145; meta mark set meta mark | ${THEIRS}; }
  # Before us it would tell us that the packet is somebody else's, as those of a tunnel are.
  chain begins { type route hook output priority -135; meta mark set meta mark | ${THEIRS}; }
  chain leaves { type filter hook postrouting priority 300;
    meta mark & 0x7f000000 != 0 counter comment "chosen"
    meta mark & ${THEIRS} == ${THEIRS} counter accept comment "kept"
    counter comment "lost"
  }
}
`;

it.each(fixtures.filter(({ name }) => name === 'failover'))(
  "$by: bits of others in a packet's mark are there when it leaves",
  async ({ files, packets, iptables }) => {
    const { network } = JSON.parse(readFileSync(packets, 'utf8'));
    const steps = [{ together: CHOSEN }, { again: 'web', answered: true }];
    const { network: plan, steps: read } = readPackets(JSON.stringify({ network, steps }));
    await withNetwork(plan, async (running) => {
      await running.router.run('nft', ['-f', '-'], PROBE);
      await load(running.router, files, undefined, iptables);
      expect(await runPackets(running, files, read, iptables)).toEqual([]);
      const listing = await running.router.run('nft', ['list', 'table', 'inet', 'probe']);
      const counts = [...listing.matchAll(/packets (\d+) .*comment "(\w+)"/g)];
      const seen = counts.filter(([, count]) => count !== '0').map(([, , name]) => name);
      expect(seen).toEqual(['chosen', 'kept']);
    });
  },
);

const FAILOVER = join(import.meta.dirname, '../../fixtures/failover/packets.json');
const RAW = SCRIPTS['send-raw.pl'] ?? bug('a script is lost');
/** All that it may take it takes, and sends it by eth3. */
const GREEDY = `
uplink cable dev eth2 gateway 198.51.100.1, 2001:db8:a::1 masquerade
uplink dsl   dev eth3 gateway 192.0.2.1, 2001:db8:b::1    address 192.0.2.2/24, 2001:db8:b::2/64 masquerade
route via dsl
route local via dsl
route in cable, dsl via dsl
`;
const [OWN, OWN_6, LINK] = ['198.51.100.2', '2001:db8:a::2', '%eth2'];
/** Protocol, source, destination, what is behind the IP header; how a ruleset knows it. */
const UNTOUCHED: Readonly<Record<string, readonly [number, string, string, string, string]>> = {
  renews: [17, OWN, '203.0.113.80', '0044004300080000', 'udp dport 67 ip daddr 203.0.113.80'],
  discovers: [
    17,
    OWN,
    '255.255.255.255',
    '0044004300080000',
    'udp dport 67 ip daddr 255.255.255.255',
  ],
  renews_6: [
    17,
    OWN_6,
    '2001:db8:f::80',
    '0222022300080000',
    'udp dport 547 ip6 daddr 2001:db8:f::80',
  ],
  solicits_6: [
    17,
    OWN_6,
    `ff02::1:2${LINK}`,
    '0222022300080000',
    'udp dport 547 ip6 daddr ff02::1:2',
  ],
  mdns: [17, OWN, '224.0.0.251', '14e914e900080000', 'udp dport 5353 ip daddr 224.0.0.251'],
  mdns_6: [17, OWN_6, `ff02::fb${LINK}`, '14e914e900080000', 'udp dport 5353 ip6 daddr ff02::fb'],
  igmp: [2, OWN, '224.0.0.22', '2200f9fc00000001', 'ip protocol igmp ip daddr 224.0.0.22'],
  router: [58, OWN_6, `ff02::2${LINK}`, '8500000000000000', 'icmpv6 type nd-router-solicit'],
  // Is the neighbour still there? That is asked of its own address.
  neighbour: [
    58,
    OWN_6,
    '2001:db8:a::1',
    `8700000000000000${'20010db8000a00000000000000000001'}`,
    'icmpv6 type nd-neighbor-solicit ip6 daddr 2001:db8:a::1',
  ],
};
/** What a DHCP server sends: nobody has asked for it by the same connection. */
const OFFER = '0043004400080000';
const STREAM = '14e914e900080000';

it.each(RULESETS)(
  "$by: DHCP, neighbour discovery and multicast are nobody's to route, beside all of these",
  async ({ backend, iptables }) => {
    const { network } = JSON.parse(readFileSync(FAILOVER, 'utf8'));
    await withNetwork(
      readPackets(JSON.stringify({ network, steps: [] })).network,
      async (running) => {
        const { router, isps } = running;
        for (const each of [CROWD, MARKER, TUNNEL]) await moveIn(router, each);
        // Greater than any other priority: what left, and how.
        const free = 'meta mark & 0x7f000000 == 0';
        const lines = Object.entries(UNTOUCHED).flatMap(([name, [, , , , match]]) => [
          `${match} oifname != "eth3" ${free} counter accept comment "${name}"`,
          `${match} counter comment "captured ${name}"`,
        ]);
        const probe = [
          'table inet probe {',
          'chain left { type filter hook postrouting priority 300;',
          ...lines,
          '}',
          'chain came { type filter hook prerouting priority -101;',
          'udp dport 68 ct mark & 0x7f000000 == 0 counter accept comment "offer"',
          'udp dport 68 counter comment "captured offer"',
          'iifname "lan0" ip daddr 239.1.2.3 meta mark & 0x7f000000 == 0 counter accept comment "stream"',
          'iifname "lan0" ip daddr 239.1.2.3 counter comment "captured stream"',
          '}',
          '}',
          '',
        ];
        await router.run('nft', ['-f', '-'], probe.join('\n'));
        await withCompiled(GREEDY, backend, async (files) => {
          await load(router, files, undefined, iptables);
          const send = (by: Namespace | undefined, ...words: string[]) =>
            by?.run('perl', ['-e', RAW, ...words, '0']);
          for (const [protocol, from, to, bytes] of Object.values(UNTOUCHED)) {
            await send(router, String(protocol), from, to, bytes);
          }
          await send(isps.get('eth2'), '17', '203.0.113.80', OWN, OFFER);
          await send(running.hosts.get('192.168.0.10'), '17', '192.168.0.10', '239.1.2.3', STREAM);
          const listing = await router.run('nft', ['list', 'table', 'inet', 'probe']);
          const counts = [
            ...listing.matchAll(/packets (\d+) bytes \d+ (?:accept )?comment "([^"]*)"/g),
          ];
          const seen = counts.filter(([, count]) => count !== '0').map(([, , name]) => name);
          expect(seen.sort()).toEqual([...Object.keys(UNTOUCHED), 'offer', 'stream'].sort());
          // What is like it, but no DHCP, is taken: the probe itself can tell.
          await send(router, '17', OWN, '203.0.113.80', '1388004300080000');
          const taken = await router.run('nft', ['list', 'table', 'inet', 'probe']);
          expect(taken).toMatch(/packets [1-9]\d* bytes \d+ comment "captured renews"/);
          await unload(router, files, iptables);
        });
      },
    );
  },
);
