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
  echo "$1:" $(ip "-\${2-4}" route show table all proto 214 default | sed -n 's/.* via \\([^ ]*\\) .* table \\([0-9]*\\) .*/\\2 \\1/p' | sort) \
    $(ip "-\${2-4}" rule show pref 6901 | sed 's/.*from \\([^ ]*\\) .*/from \\1/')
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
dhcpcd -6 -q -A -b wwan0 >/dev/null 2>&1
until ip -6 route show table 6003 | grep -q default; do sleep 0.05; done
show advertised 6
dhcpcd -6 -q -k wwan0 >/dev/null 2>&1
while ip -6 route show table 6003 | grep -q default; do sleep 0.05; done
show gone 6

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
mkdir -p /run/dbus
trap 'kill $started; wait' EXIT
dbus-daemon --system --nofork --nopidfile >/dev/null 2>&1 &
started=$!
until [ -S /run/dbus/system_bus_socket ]; do sleep 0.05; done
/lib/systemd/systemd-networkd >/dev/null 2>&1 &
started="$! $started"
networkd-dispatcher --run-startup-triggers >/dev/null 2>&1 &
started="$! $started"
until ip route show table 6003 | grep -q default; do sleep 0.05; done
show networkd
ip link set wwan0 down
# The kernel has dropped the routes before anybody is told.
while [ -e /run/routec/wwan0.4 ]; do sleep 0.05; done
show down
ip link set wwan0 up
until ip route show table 6003 | grep -q default && ip rule show pref 6901 | grep -q .; do sleep 0.05; done
show again
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
      await isp?.run('ip', ['addr', 'add', '2001:db8:c::1/64', 'dev', 'customer', 'nodad']);
      const shown = (await isp?.run('ip', ['-6', '-o', 'addr', 'show', 'dev', 'customer'])) ?? '';
      const router6 = /fe80:\S*(?=\/)/.exec(shown)?.[0];
      const server = [
        ...['netns', 'exec', isp?.name ?? '', 'dnsmasq', '--keep-in-foreground'],
        ...['--conf-file=/dev/null', '--port=0', '--interface=customer', '--bind-interfaces'],
        ...['--dhcp-range=203.0.113.150,203.0.113.150', '--dhcp-option=3,203.0.113.129'],
        ...['--dhcp-range=2001:db8:c::,ra-only', '--enable-ra', '--ra-param=customer,4,60'],
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
        const text = `set -eu\n${STAGE}${SHOW}${CLIENTS}`;
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
        const told = stdout.replace(/(?<=from 2001:db8:c:)\S+/, ':').split('\n');
        expect(told.filter((line) => /^\w+:/.test(line))).toEqual([
          ...[`dhclient: ${there}`, 'gone:', `dhcpcd: ${there}`, 'gone:'],
          ...[`advertised: 6003 ${router6} 6503 ${router6} from 2001:db8:c::`, 'gone:'],
          ...[`udhcpc: ${there}`, 'gone:', `ifup: ${there}`, 'gone:'],
          // It may keep the address of a link that is down.
          ...[`networkd: ${there}`, expect.stringMatching(/^down:(?! 6)/), `again: ${there}`],
        ]);
      } finally {
        dnsmasq.kill();
        await dnsmasq;
      }
    }),
);
