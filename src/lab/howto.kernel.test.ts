import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Artefacts } from './artefacts.ts';
import type { Namespace } from './namespace.ts';
import { withNetwork } from './network.ts';
import { runPackets } from './packets.ts';
import { readPackets } from './read-packets.ts';

/** The how-to of 2006, word for word but for the name of its table. */
const HOWTO = [
  'iptables -t nat -A POSTROUTING -o eth2 -j MASQUERADE',
  'ip route add default via 1.2.3.4 dev eth3 table 4',
  'ip rule add fwmark 4 table 4',
  'iptables -t mangle -A PREROUTING -s 192.168.0.228 -p tcp --dport 80 -j MARK --set-mark 4',
  'iptables -t nat -A POSTROUTING -o eth3 -j SNAT --to-source 1.2.3.3',
  'sysctl -qw net.ipv4.conf.eth3.rp_filter=0',
];
const NOTHING: Artefacts = {
  folder: '',
  base: 'policy',
  names: new Set(),
  backend: 'nft',
  uplinks: [],
};
const WEB = '192.168.0.228 -> 203.0.113.80:80';

const run = async (router: Namespace, lines: readonly string[]): Promise<void> => {
  for (const line of lines) {
    const [file = '', ...args] = line.split(' ');
    await router.run(file, args);
  }
};

/** What does not hold on a router of the fixture's network that was set up by hand. */
const complaints = async (
  setUp: readonly string[],
  steps: readonly unknown[],
): Promise<string[]> => {
  const fixture = join(import.meta.dirname, '../../fixtures/howto-2006/packets.json');
  const { network } = JSON.parse(readFileSync(fixture, 'utf8'));
  const packets = readPackets(JSON.stringify({ network, steps }));
  let found: string[] = [];
  await withNetwork(packets.network, async (running) => {
    await run(running.router, setUp);
    found = await runPackets(running, NOTHING, packets.steps);
  });
  return found;
};

/** What people change first when no answer comes. */
const loose = [
  ...HOWTO,
  ...['all', 'eth2', 'eth3'].map((at) => `sysctl -qw net.ipv4.conf.${at}.rp_filter=2`),
];

it('its rp_filter does nothing where `all` is 1: no answer arrives', async () => {
  expect(await complaints(HOWTO, [{ tcp: WEB, leaves: 'eth3', as: '1.2.3.3' }])).toEqual([
    `step 1, tcp ${WEB}: should leave by eth3 as 1.2.3.3; it failed with timeout, and reached eth3`,
  ]);
});

it('a flap of the link leaks, and goes on leaking when the link is back', async () => {
  const steps = [
    { tcp: WEB, leaves: 'eth3', as: '1.2.3.3' },
    { link: 'eth3', set: 'down' },
    { tcp: WEB, leaves: 'eth2', as: '198.51.100.2' },
    { link: 'eth3', set: 'up' },
    { tcp: WEB, leaves: 'eth2', as: '198.51.100.2' },
  ];
  expect(await complaints(loose, steps)).toEqual([]);
});

it('what comes in by the second uplink is not answered by it', async () => {
  const inbound = 'eth3: 203.0.113.80 -> 1.2.3.3:9999';
  expect(await complaints(loose, [{ 'inbound tcp': inbound, answered: false }])).toEqual([]);
});

it("main's default is lost with its uplink, and the other uplink with it", async () => {
  const steps = [
    { tcp: WEB, leaves: 'eth3', as: '1.2.3.3' },
    { link: 'eth2', set: 'down' },
    { tcp: WEB, leaves: 'eth3', as: '1.2.3.3' },
  ];
  expect(await complaints(loose, steps)).toEqual([
    `step 3, tcp ${WEB}: should leave by eth3 as 1.2.3.3; it failed with timeout, and reached eth3`,
  ]);
});
