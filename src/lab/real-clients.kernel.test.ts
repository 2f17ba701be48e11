import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withNetwork } from './network.ts';
import { ROUTEC } from './place.ts';

/** The programs that our hooks are for, with these where `routec install` puts them, and a DHCP server. */
const ROOT = join(import.meta.dirname, '../..');
const PLAN = {
  lans: [],
  uplinks: { wwan0: { addresses: ['203.0.113.130/26'], gateways: ['203.0.113.129'] } },
};

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'routec-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A router's files over this machine's, for one process and its children. */
const STAGE = `
mount --make-rprivate /
mount -t tmpfs none /run
mount -t overlay -o "lowerdir=/etc,upperdir=$1/etc,workdir=$1/work" none /etc
mount --bind "$1/usr/local/sbin" /usr/local/sbin
mount --bind "$1/var/lib" /var/lib
mount -o remount,ro /sys 2>/dev/null || mount -o bind,ro /sys /sys
`;
/** What leads out, and what is bound to the leased address, behind the name of a moment. */
const SHOW = `
show() {
  echo "$1:" $(ip -4 route show table all proto 214 default | sed -n 's/.* via \\([^ ]*\\) .* table \\([0-9]*\\) .*/\\2 \\1/p' | sort) \
    $(ip rule show pref 6901 | sed 's/.*from \\([^ ]*\\) .*/from \\1/')
}
fresh() {
  ip -4 addr flush dev wwan0
  ip link set wwan0 down
  ip link set wwan0 up
}
`;
const CLIENTS = `
fresh
dhclient -1 -q -pf /run/d.pid -lf /run/d.leases wwan0 >/dev/null 2>&1
show dhclient
dhclient -r -q -pf /run/d.pid -lf /run/d.leases wwan0 2>/dev/null
show gone

fresh
dhcpcd -4 -q -A -w -t 20 wwan0 >/dev/null 2>&1
show dhcpcd
# It ends behind its hook, which is told of this.
dhcpcd -4 -q -k wwan0 >/dev/null 2>&1
while ip rule show pref 6901 | grep -q .; do sleep 0.05; done
show gone

fresh
busybox udhcpc -f -q -n -t 20 -T 1 -i wwan0 -s "$1/udhcpc" 2>/dev/null
show udhcpc
ip -4 addr flush dev wwan0
interface=wwan0 "$1/udhcpc" deconfig
show gone

fresh
ip addr flush dev wwan0
mkdir -p /run/network
printf 'iface wwan0 inet static\\n address 203.0.113.150/26\\n gateway 203.0.113.129\\n' >/run/interfaces
ifup -i /run/interfaces wwan0
show ifup
ifdown -i /run/interfaces wwan0
show gone

fresh
mkdir -p /run/systemd/network /run/systemd/netif/leases
chown -R systemd-network: /run/systemd/netif
printf '[Match]\\nName=wwan0\\n[Network]\\nDHCP=ipv4\\n' >/run/systemd/network/10.network
trap 'kill "$server" 2>/dev/null || :' EXIT
/lib/systemd/systemd-networkd >/dev/null 2>&1 &
server=$!
until grep -qs ^ROUTER= /run/systemd/netif/leases/*; do sleep 0.05; done
# As networkd-dispatcher calls it, which needs D-Bus.
IFACE=wwan0 OperationalState=routable /etc/networkd-dispatcher/routable.d/routec
show networkd
kill "$server"
wait "$server" 2>/dev/null || :
IFACE=wwan0 OperationalState=off /etc/networkd-dispatcher/off.d/routec
show gone
`;

it(
  'dhclient, dhcpcd, udhcpc, ifupdown and networkd lead out, and what is over is over',
  {
    timeout: 300_000,
  },
  () =>
    withNetwork(PLAN, async ({ router, isps }) => {
      const policy = join(ROOT, 'fixtures/devices/policy.route');
      await execa(process.execPath, [ROUTEC, 'install', policy, '--root', folder, '--all']);
      // What is for dnsmasq may lie in the folder for artefacts, and they elsewhere.
      for (const each of ['work', 'var/lib/dhcpcd', 'etc/routec']) mkdirSync(join(folder, each));
      writeFileSync(join(folder, 'etc/routec/policy.dnsmasq.conf'), '');
      // Its script is always the router's own.
      cpSync(join(ROOT, 'deploy/hooks/udhcpc'), join(folder, 'hook'));
      const script = [
        '#!/bin/sh',
        '[ "$1" != bound ] || ip addr replace "$ip/$mask" dev "$interface"',
        `exec ${join(folder, 'hook')} "$1"`,
      ];
      writeFileSync(join(folder, 'udhcpc'), `${script.join('\n')}\n`, { mode: 0o755 });
      const isp = isps.get('wwan0');
      // It would answer instead of the server.
      await isp?.run('nft', ['delete', 'table', 'inet', 'isp']);
      const server = [
        ...['netns', 'exec', isp?.name ?? '', 'dnsmasq', '--keep-in-foreground'],
        ...['--conf-file=/dev/null', '--port=0', '--interface=customer', '--bind-interfaces'],
        ...['--dhcp-range=203.0.113.150,203.0.113.150', '--dhcp-option=3,203.0.113.129'],
        ...[
          '--dhcp-authoritative',
          '--dhcp-ignore-clid',
          '--no-ping',
          '--user=root',
          '--pid-file=',
        ],
        `--dhcp-leasefile=${join(folder, 'leases')}`,
      ];
      const dnsmasq = execa('ip', server, { reject: false });
      try {
        const text = `set -eu\nserver=\n${STAGE}${SHOW}${CLIENTS}`;
        const inside = [
          'netns',
          'exec',
          router.name,
          'unshare',
          '-m',
          'sh',
          '-c',
          text,
          'sh',
          folder,
        ];
        const { stdout } = await execa('timeout', ['240', 'ip', ...inside], { stdin: 'ignore' });
        const there = '6003 203.0.113.129 6503 203.0.113.129 from 203.0.113.150';
        const moments = ['dhclient', 'dhcpcd', 'udhcpc', 'ifup', 'networkd'];
        expect(stdout.split('\n').filter((line) => /^\w+:/.test(line))).toEqual(
          moments.flatMap((name) => [`${name}: ${there}`, 'gone:']),
        );
      } finally {
        dnsmasq.kill();
        await dnsmasq;
      }
    }),
);
