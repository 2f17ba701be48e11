import type { FrameSpec } from './frame.ts';
import type { NetworkPlan } from './network-plan.ts';

/** Three uplinks, two of them in every policy. */
export const STORM_NETWORK: NetworkPlan = {
  lans: [
    {
      device: 'lan0',
      addresses: ['192.168.0.1/24', 'fd00:0:0:1::1/64'],
      hosts: ['192.168.0.10', '192.168.0.50', 'fd00:0:0:1::228'],
    },
  ],
  uplinks: {
    eth2: {
      addresses: ['198.51.100.2/24', '2001:db8:a::2/64'],
      gateways: ['198.51.100.1', '2001:db8:a::1'],
    },
    eth3: {
      addresses: ['203.0.113.2/28', '2001:db8:b::2/64'],
      gateways: ['203.0.113.1', '2001:db8:b::1'],
    },
    eth4: {
      addresses: ['192.0.2.2/24', '2001:db8:c::2/64'],
      gateways: ['192.0.2.1', '2001:db8:c::1'],
    },
  },
  main: 'eth2',
};

const CABLE = 'uplink cable dev eth2 gateway 198.51.100.1, 2001:db8:a::1 masquerade';
const DSL =
  'uplink dsl dev eth3 gateway 203.0.113.1, 2001:db8:b::1 address 203.0.113.2/28 snat 203.0.113.2, 2001:db8:b::2';
const LTE = 'uplink lte dev eth4 gateway 192.0.2.1, 2001:db8:c::1 masquerade';
const KEPT = [
  'set kept = 192.168.0.228, 192.168.0.50, fd00:0:0:1::228',
  'route from @kept via dsl',
];
const STOPPED = 'route from 192.168.0.40 via drop';
/** Tests one after the other, between look-ups: a packet is on its way so long that reloads meet many. */
const SLOW = Array.from({ length: 300 }, (_, at) => `route mark ${at + 1} via dsl`);

/**
 * Policies that follow one another, the first after the last: rules come, change their place and their
 * uplink, and go; so does an uplink, and so do the shapes of look-ups.
 */
export const STORM_POLICIES: readonly (readonly string[])[] = [
  [CABLE, DSL, ...KEPT, ...SLOW, 'route udp 7010-7011 via cable', STOPPED],
  [
    ...[CABLE, DSL, LTE],
    'route from 192.168.0.228 udp 7000-7009 to 203.0.113.0/24 via dsl',
    STOPPED,
    'route udp 7010-7011 via lte',
    'set far = 192.0.2.9, 192.0.2.32/28, 192.0.2.130, 192.0.2.192/27',
    'route from 192.168.0.60 to @far via balance cable 29, dsl by source',
    'route from 192.168.0.20 via balance cable 1, dsl 1',
    ...SLOW,
    ...KEPT,
  ],
  [
    ...[LTE, DSL, CABLE],
    'route from 192.168.0.20 via dsl else cable',
    'route from 192.168.0.30, 192.168.0.31 tcp 443 to 198.51.100.128/25 via lte',
    ...KEPT,
    ...SLOW,
    'route udp 7010-7011 via lte',
    STOPPED,
  ],
  [CABLE, DSL, STOPPED, ...SLOW, 'route udp 7010-7011 via dsl', ...KEPT],
];

/** Packets of a kind, and where they may leave. */
export interface Lane {
  readonly name: string;
  /** Where they are sent from: the LAN, or an uplink's ISP to the router itself, by the router's device. */
  readonly at: 'lan0' | 'eth3';
  readonly source: string;
  readonly destination: string;
  readonly carries: 'udp' | 'echo';
  /** What tells this lane from all others: the port, or the sequence number of an echo. */
  readonly key: number;
  /** Each packet begins a connection; else all are of one. */
  readonly isFresh: boolean;
  /** How many of a round are its packets. */
  readonly share: number;
  /** Under each policy, the devices by which a connection that begins may leave, or is answered. */
  readonly ways: readonly (readonly string[])[];
}

const always = (...ways: string[]): Lane['ways'] => STORM_POLICIES.map(() => ways);
const lane = (
  name: string,
  source: string,
  key: number,
  ways: Lane['ways'],
  more: Partial<Lane> = {},
): Lane => ({
  name,
  at: 'lan0',
  source,
  destination: source.includes(':') ? '2001:db8:f::80' : '203.0.113.80',
  carries: 'udp',
  key,
  isFresh: true,
  share: 1,
  ways,
  ...more,
});
const open = { isFresh: false, share: 10 };

export const LANES: readonly Lane[] = [
  lane('confined', '192.168.0.228', 7000, always('eth3')),
  lane('confined, open', '192.168.0.228', 7001, always('eth3'), open),
  lane('confined, IPv6', 'fd00:0:0:1::228', 7002, always('eth3')),
  lane('confined, IPv6, open', 'fd00:0:0:1::228', 7003, always('eth3'), open),
  lane('moved', '192.168.0.10', 7010, [['eth2'], ['eth4'], ['eth4'], ['eth3']]),
  // It began under the first policy, and stays.
  lane('moved, open', '192.168.0.10', 7011, always('eth2'), open),
  lane('balanced', '192.168.0.20', 7020, [['eth2'], ['eth2', 'eth3'], ['eth3'], ['eth2']]),
  lane('left to main', '192.168.0.30', 7030, always('eth2')),
  lane('left to main, open', '192.168.0.30', 7031, always('eth2'), open),
  lane('dropped', '192.168.0.40', 7040, always()),
  lane('answered', '192.168.0.50', 50, always('eth3'), { carries: 'echo' }),
  lane('answered, open', '192.168.0.50', 51, always('eth3'), { carries: 'echo', ...open }),
  lane('inbound', '203.0.113.81', 60, always('eth3'), {
    at: 'eth3',
    destination: '203.0.113.2',
    carries: 'echo',
  }),
];

const FIRST_PORT = 20_000;

/** One lane after another, each as often as its share: what is sent in a round. */
export const roundOf = (at: Lane['at']): readonly Lane[] => {
  const lanes = LANES.filter((each) => each.at === at);
  const most = Math.max(...lanes.map(({ share }) => share));
  return Array.from({ length: most }, (_, turn) =>
    lanes.filter(({ share }) => turn < share),
  ).flat();
};

/** What is sent over and over from there: so many rounds that differ in what makes connections differ. */
export function stormFrames(at: Lane['at'], mac: string, rounds: number): FrameSpec[] {
  const round = roundOf(at);
  return Array.from({ length: rounds }, (_, variant) =>
    round.map((each) => specOf(each, each.isFresh ? FIRST_PORT + variant : FIRST_PORT, mac)),
  ).flat();
}

function specOf({ source, destination, carries, key }: Lane, from: number, to: string): FrameSpec {
  return {
    to,
    source,
    destination,
    carries:
      carries === 'udp'
        ? { kind: 'udp', from, port: key }
        : { kind: 'echo', id: from, sequence: key },
  };
}
