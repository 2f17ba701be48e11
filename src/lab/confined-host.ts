import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Network } from './network.ts';
import { runPackets } from './packets.ts';
import { readPackets } from './read-packets.ts';
import { startFlood } from './start-flood.ts';
import { state } from './state.ts';

/** Two uplinks of the network below. */
export const UPLINKS = [
  'uplink cable dev eth2 gateway 198.51.100.1, 2001:db8:a::1 address 198.51.100.2/24 masquerade',
  'uplink dsl   dev eth3 gateway 1.2.3.4, 2001:db8:b::1      address 1.2.3.3/24      masquerade',
];
/** A host that is confined to `dsl`: whatever is done to a router, nothing of it may leave elsewhere. */
export const KEPT = [
  'set kept = 192.168.0.228, fd00:0:0:1::228',
  'route from @kept tcp 25 via drop',
  'route from @kept via dsl',
];
/** Two policies that confine it. */
export const FIRST = [...UPLINKS, ...KEPT];
/** Other rules, other shapes, another order, an uplink more. */
export const SECOND = [
  ...UPLINKS,
  'uplink spare dev lan1 gateway 192.168.1.10',
  'route from @kept udp 7-9 to 203.0.113.0/24 via dsl',
  'route from 192.168.0.10 udp 8 via dsl else cable',
  'set far = 192.0.2.4, 192.0.2.9, 192.0.2.32/28, 192.0.2.130, 192.0.2.192/27',
  'route from 192.168.0.10 to @far via balance cable 29, dsl by source',
  ...KEPT,
  'route from 192.168.0.10 tcp 80 via spare',
];

/** The same two uplinks, the second by a lease. */
export const CABLE =
  'uplink cable dev eth2 gateway 198.51.100.1, 2001:db8:a::1 address 198.51.100.2/24 masquerade';
export const DSL = 'uplink dsl dev eth3 gateway dhcp masquerade';
export const LEASED = [CABLE, DSL, 'route tcp 25 via dsl'];

const { network: plan } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/kill-switch/packets.json'), 'utf8'),
);
const packets = readPackets(
  JSON.stringify({
    network: plan,
    steps: [
      { tcp: '192.168.0.228 -> 203.0.113.80:80', leaves: 'eth3', as: '1.2.3.3' },
      { tcp: 'fd00:0:0:1::228 -> [2001:db8:f::80]:80', leaves: 'eth3' },
    ],
  }),
);
export const CONFINED_NETWORK = packets.network;

const LOADED_OTHERWISE = {
  folder: '',
  base: 'policy',
  names: new Set<string>(),
  backend: 'nft',
  uplinks: [],
} as const;

/** Lets the host connect, in both families; what went otherwise than by `dsl`, in words. */
export function askConfined(network: Network): Promise<string[]> {
  return runPackets(network, LOADED_OTHERWISE, packets.steps);
}

/** All that a policy may change on its router. */
export async function allOf({ router }: Network): Promise<unknown> {
  const settings = await router.run('sysctl', [
    'net.ipv4.icmp_errors_use_inbound_ifaddr',
    ...['eth2', 'eth3', 'lan1'].flatMap((device) => [
      `net.ipv4.conf.${device}.rp_filter`,
      `net.ipv4.conf.${device}.ignore_routes_with_linkdown`,
      `net.ipv6.conf.${device}.ignore_routes_with_linkdown`,
    ]),
  ]);
  return { kernel: await state(router), settings };
}

/** Of each family, 125 times a second: the tools have to get their turn. */
const AT_ONCE = 4;

/**
 * New flows of the host, in both families, as long as something is done.
 *
 * @returns how many left by the wrong uplink, and how many by the right one
 */
export async function underTraffic(
  network: Network,
  work: () => Promise<void>,
): Promise<{ readonly wrong: number; readonly right: number }> {
  const lan = network.lans.get('lan0');
  if (lan === undefined) throw new Error('the network has no lan0');
  const begun = async (): Promise<number[]> =>
    (await Promise.all(['eth2', 'eth3'].map(network.seen))).map((each) => each.begun);
  const before = await begun();
  const floods = await Promise.all([
    startFlood(lan, '192.168.0.228', '203.0.113.80', AT_ONCE),
    startFlood(lan, 'fd00:0:0:1::228', '2001:db8:f::80', AT_ONCE),
  ]);
  try {
    await work();
  } finally {
    await Promise.all(floods.map(({ stop }) => stop()));
  }
  const [wrong = Number.NaN, right = Number.NaN] = (await begun()).map(
    (each, at) => each - (before[at] ?? 0),
  );
  return { wrong, right };
}
