import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Network, withNetwork } from '../lab/network.ts';
import { ROUTEC } from '../lab/place.ts';
import { readPackets } from '../lab/read-packets.ts';

const { network: NETWORK } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/kill-switch/packets.json'), 'utf8'),
);
const PLAN = readPackets(JSON.stringify({ network: NETWORK, steps: [] })).network;

const POLICY = [
  'uplink cable dev eth2 gateway 198.51.100.1 address 198.51.100.2/24 masquerade',
  'uplink dsl   dev eth3 gateway 1.2.3.4      address 1.2.3.3/24      masquerade',
  'uplink spare dev lan1 gateway dhcp',
  'route ipv4 host 192.168.0.228 tcp 80 via dsl',
  '',
].join('\n');

/** What somebody does to a router, how it is undone, and what is said of it: one line a finding. */
interface Case {
  readonly done: string;
  readonly undone?: string;
  readonly said: readonly RegExp[];
}

const nft = (name: string, chain: string): Case['done'] =>
  `echo 'table inet ${name} { chain c { ${chain}\n}\n}' | nft -f -`;

const CASES: readonly Case[] = [
  {
    done: 'sysctl -qw net.ipv4.ip_forward=0',
    undone: 'sysctl -qw net.ipv4.ip_forward=1',
    said: [/^error forwarding this machine forwards no IPv4, /],
  },
  {
    done: 'ip addr add 1.2.3.4/32 dev lo',
    undone: 'ip addr del 1.2.3.4/32 dev lo',
    said: [/^error gateways the gateway 1\.2\.3\.4 by eth3 is an address of this machine itself/],
  },
  {
    done: 'ip neigh replace 198.51.100.1 dev eth2 nud failed',
    undone: 'ip neigh del 198.51.100.1 dev eth2',
    said: [/^warning gateways the gateway 198\.51\.100\.1 does not answer on eth2/],
  },
  {
    done: 'sysctl -qw net.ipv6.conf.lan1.accept_ra=1',
    undone: 'sysctl -qw net.ipv6.conf.lan1.accept_ra=2',
    said: [/^warning router-advertisements lan1 hears .* `spare` finds no IPv6 gateway/],
  },
  {
    done: 'ip addr add 1.2.3.9/24 dev eth2',
    undone: 'ip addr del 1.2.3.9/24 dev eth2',
    said: [/^warning arp-flux eth[23] and eth[23] are in one net/],
  },
  {
    done: 'ip rule add pref 6050 lookup main',
    undone: 'ip rule del pref 6050',
    said: [/^error rule-priorities the rule `pref 6050 lookup main.*` \(IPv4\) stands among ours/],
  },
  {
    done: 'ip rule add pref 7500 lookup 6001',
    undone: 'ip rule del pref 7500',
    said: [/^warning rule-priorities .*`pref 7500 .* leads into a table of ours/],
  },
  // wg-quick, with a tunnel for all.
  {
    done: 'ip route add default dev lo table 51820; ip rule add pref 90 not fwmark 51820 lookup 51820; ip rule add pref 91 lookup main suppress_prefixlength 0',
    undone: 'ip rule del pref 91; ip rule del pref 90; ip route flush table 51820',
    said: [
      /^warning rule-priorities the rule of wg-quick `pref 90 .* table 51820 has a route for everything/,
    ],
  },
  // Tailscale, without an exit node: nothing to say of that.
  {
    done: 'ip route add 100.64.0.9 dev lo table 52; ip rule add pref 5210 fwmark 0x80000/0xff0000 lookup main; ip rule add pref 5270 lookup 52',
    undone: 'ip rule del pref 5270; ip rule del pref 5210; ip route flush table 52',
    said: [],
  },
  {
    done: 'ip rule add pref 95 from 10.9.0.0/16 lookup 9',
    undone: 'ip rule del pref 95',
    said: [/^note rule-priorities .*`pref 95 from 10\.9\.0\.0\/16 .* goes before the policy/],
  },
  {
    done: 'ip rule add l3mdev pref 1000',
    undone: 'ip rule del pref 1000',
    said: [/^note rule-priorities .*`pref 1000 l3mdev.*` \(IPv4.*is that of VRFs/],
  },
  {
    done: 'ip rule add pref 500 to 192.0.2.77 lookup main protocol 214',
    undone: 'ip rule del pref 500',
    said: [/^error protocol-numbers the rule `pref 500 to 192\.0\.2\.77 .* would be removed/],
  },
  {
    done: 'ip route add 64.0.0.0/2 via 192.168.0.10 dev lan0; ip route add unreachable default metric 500',
    undone: 'ip route del 64.0.0.0/2; ip route del unreachable default metric 500',
    said: [
      /^warning main-routes main has 64\.0\.0\.0\/2 by lan0/,
      /^warning main-routes main refuses by default \(IPv4\)/,
    ],
  },
  {
    done: 'ip rule add pref 97 fwmark 0x1000000/0xff000000 lookup 9; ip rule add pref 98 fwmark 0x4 lookup 9',
    undone: 'ip rule del pref 98; ip rule del pref 97',
    said: [
      /^warning mark-bits the rule `pref 97 .* looks at the bits 0x7f000000 of the mark/,
      /^warning mark-bits the rule `pref 98 .* compares the whole mark/,
    ],
  },
  {
    done: 'ip link add cilium_host type veth',
    undone: 'ip link del cilium_host',
    said: [/^warning mark-bits Cilium \(device cilium_host\) uses the bits 0x7f000000/],
  },
  // Before us, or for what is none of ours, a whole mark may be written.
  {
    done: 'iptables-nft -t mangle -A PREROUTING -j MARK --set-mark 1; iptables-nft -t mangle -A POSTROUTING -m mark --mark 51820 -j CONNMARK --save-mark; iptables-nft -t mangle -A FORWARD -j MARK --set-xmark 2/0xff',
    undone: 'iptables-nft -t mangle -F',
    said: [],
  },
  {
    done: 'iptables-nft -t mangle -N sub; iptables-nft -t mangle -A FORWARD -j sub; iptables-nft -t mangle -A sub -j MARK --set-mark 1',
    undone: 'iptables-nft -t mangle -F; iptables-nft -t mangle -X sub',
    said: [
      /^warning mark-writers iptables-nft, table mangle, chain sub, writes the whole packet mark behind the policy \(forward\)/,
    ],
  },
  {
    done: nft(
      'marks',
      'type filter hook prerouting priority 0; ct mark set ct mark & 0xff | 0x1; meta mark set meta mark | 0x1000',
    ),
    undone: 'nft delete table inet marks',
    said: [
      /^warning mark-writers nft, table inet marks, chain c, writes bits 0xffffff01 of the connection mark/,
    ],
  },
  {
    done: `${nft('nat', 'type nat hook postrouting priority 95; masquerade')}; ${nft('early', 'type nat hook postrouting priority 50; masquerade')}; iptables-nft -t nat -A POSTROUTING -j MASQUERADE`,
    undone: 'nft delete table inet nat; nft delete table inet early; iptables-nft -t nat -F',
    said: [
      /^warning nat-priorities nft, table inet nat, .* our own priority \(95\)/,
      /^warning nat-priorities nft, table inet early, .* sources before ours \(50 before 95\)/,
    ],
  },
  {
    done: `iptables-nft -t raw -A PREROUTING -i lan0 -j CT --zone 3; ${nft('raw', 'type filter hook prerouting priority raw; udp dport 9 notrack')}`,
    undone: 'iptables-nft -t raw -F; nft delete table inet raw',
    said: [
      /^warning conntrack-zones iptables-nft, table raw, chain PREROUTING, gives connections a zone/,
      /^note conntrack-zones nft, table inet raw, chain c, keeps packets from conntrack/,
    ],
  },
  {
    done: `${nft('strict', 'type filter hook prerouting priority -290; meta nfproto ipv6 fib saddr . mark . iif oif missing drop')}; iptables-nft -t raw -A PREROUTING -m rpfilter --invert -j DROP`,
    undone: 'nft delete table inet strict; iptables-nft -t raw -F',
    said: [
      /^warning reverse-path nft, table inet strict, /,
      /^warning reverse-path iptables-nft, table raw, chain PREROUTING, drops/,
    ],
  },
  {
    done: 'iptables-legacy -t nat -A POSTROUTING -j MASQUERADE',
    undone: 'iptables-legacy -t nat -F',
    said: [/^note two-iptables tables of iptables-legacy hold rules beside those of nft \(nat\)/],
  },
  {
    done: 'mount -t tmpfs none /run; mkdir -p /run/systemd/netif /run/systemd/networkd.conf.d; touch /run/systemd/netif/state; printf "[Network]\\nManageForeignRoutes=no\\n" >/run/systemd/networkd.conf.d/x.conf',
    undone: 'umount /run',
    said: [/^warning networkd systemd-networkd runs, and takes rules away/],
  },
  {
    done: 'mount --bind /dev/null "$(command -v conntrack)"',
    undone: "umount $(awk '$5 ~ /conntrack$/ { print $5 }' /proc/self/mountinfo)",
    said: [/^warning missing-tools `conntrack` is not installed/],
  },
];

let place = '';
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'routec-doctor-'));
  mkdirSync(join(place, 'run'));
  writeFileSync(join(place, 'policy.route'), POLICY);
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

/** Runs routec in the shell of the router, which sees what was mounted there. */
async function routec({ router }: Network, words: string, path = '') {
  const env = `ROUTEC_RUN=${place}/run/routec ROUTEC_LIB=${place}/lib NO_COLOR=1 PATH=${path}$PATH`;
  const text = `cd ${place} && ${env} ${process.execPath} ${ROUTEC} ${words} 2>&1; echo "exit $?"`;
  const said = await router.run('sh', ['-c', text]);
  const [, output = '', code] = /^([\s\S]*?)\n?exit (\d+)$/.exec(said) ?? [];
  return { output, exitCode: Number(code) };
}

async function doctor(network: Network, words: string, path?: string) {
  const { output, exitCode } = await routec(network, `doctor --json ${words}`, path);
  const { findings, unread } = JSON.parse(output);
  expect(unread).toEqual([]);
  const said = findings.map(
    ({ severity, check, message }: Record<string, string>) => `${severity} ${check} ${message}`,
  );
  for (const { help } of findings) expect(help).toMatch(/^\S/);
  return { said, exitCode };
}

/** An nft that knows of a flowtable: not every kernel has any. */
const OFFLOADING = `#!/bin/sh
case "$*" in
  '-j list tables') echo '{"nftables": [{"table": {"family": "inet", "name": "offload", "handle": 1}}]}' ;;
  '-t -j list table inet offload') echo '{"nftables": [
    {"chain": {"family": "inet", "table": "offload", "name": "c", "type": "filter", "hook": "forward", "prio": 0}},
    {"rule": {"family": "inet", "table": "offload", "chain": "c", "expr": [{"flow": {"op": "add", "flowtable": "@f"}}]}}]}' ;;
  *) exec /usr/sbin/nft "$@" ;;
esac
`;

it(
  'finds each thing that hurts a policy, says what to do, and nothing else',
  { timeout: 120_000 },
  () =>
    withNetwork(PLAN, async (network) => {
      const { router } = network;
      const sh = (text: string) => router.run('sh', ['-ec', text]);
      await sh('sysctl -qw net.ipv6.conf.lan1.accept_ra=2');
      const before = await doctor(network, 'policy.route');
      expect(before).toEqual({
        exitCode: 0,
        said: ['eth2', 'eth3', 'lan1'].map((device) =>
          expect.stringMatching(`^note reverse-path strict reverse path on ${device}: `),
        ),
      });

      for (const { done } of CASES) await sh(done);
      const found = await doctor(network, 'policy.route');
      expect(found.exitCode).toBe(1);
      const left = found.said.filter((line: string) => !before.said.includes(line));
      for (const expected of CASES.flatMap(({ said }) => said)) {
        const at = left.findIndex((line: string) => expected.test(line));
        expect(at, `${expected} among\n${left.join('\n')}`).toBeGreaterThanOrEqual(0);
        left.splice(at, 1);
      }
      expect(left).toEqual([]);

      const refused = await routec(network, 'apply policy.route --yes');
      expect(refused.exitCode).toBe(2);
      expect(refused.output).toMatch(/^error: the rule `pref 6050 /m);
      expect(refused.output).toMatch(/^error: this machine forwards no IPv4/m);
      expect(await sh('ip rule show')).not.toContain('proto 215');

      for (const { undone = 'true' } of [...CASES].reverse()) await sh(undone);
      const after = await doctor(network, 'policy.route');
      expect(after).toEqual(before);

      // IPv4 is forwarded where the device that it comes by has that on.
      await sh('sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.eth2.forwarding=1');
      expect(await routec(network, 'apply policy.route --yes')).toMatchObject({ exitCode: 0 });
      await sh('sysctl -qw net.ipv4.ip_forward=1');
      expect(await doctor(network, '')).toMatchObject({ exitCode: 0 });
      await sh('sysctl -qw net.ipv4.conf.eth3.rp_filter=1');
      expect((await doctor(network, '')).said).toContainEqual(
        expect.stringMatching(/^warning reverse-path strict reverse path on eth3/),
      );

      mkdirSync(join(place, 'bin'));
      writeFileSync(join(place, 'bin/nft'), OFFLOADING);
      chmodSync(join(place, 'bin/nft'), 0o755);
      expect((await doctor(network, '', `${place}/bin:`)).said).toContainEqual(
        expect.stringMatching(
          /^warning flowtables nft, table inet offload, chain c, hands connections/,
        ),
      );
    }),
);
