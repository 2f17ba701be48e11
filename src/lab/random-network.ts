import type { NetworkPlan } from './network-plan.ts';

/** Two LANs and three uplinks, of which one has no IPv6. */
const APART = {
  lans: [
    {
      device: 'lan0',
      addresses: ['192.168.0.1/24', 'fd00:0:0:1::1/64'],
      hosts: [
        '192.168.0.10',
        '192.168.0.11',
        '192.168.0.228',
        'fd00:0:0:1::10',
        'fd00:0:0:1:8000::5',
      ],
      mac: '02:00:00:00:00:10',
    },
    {
      device: 'lan1',
      addresses: ['192.168.1.1/24', 'fd00:0:0:2::1/64'],
      hosts: ['192.168.1.50', 'fd00:0:0:2::50'],
      mac: '02:00:00:00:00:11',
    },
  ],
  uplinks: {
    eth2: {
      addresses: ['198.51.100.2/24', '2001:db8:a::2/64'],
      gateways: ['198.51.100.1', '2001:db8:a::1'],
    },
    eth3: {
      addresses: ['1.2.3.3/24', '1.2.3.5/24', '2001:db8:b::2/64'],
      gateways: ['1.2.3.4', '2001:db8:b::1'],
      routed: ['2001:db8:9::80', '2001:db8:b:9::/64'],
    },
    eth4: { addresses: ['192.0.2.2/24'], gateways: ['192.0.2.1'], routed: ['198.18.0.80'] },
  },
  internet: ['198.18.0.80', '2001:db8:9::80'],
  main: 'eth2',
  // Another program's: what comes from some source ports is marked, or has a code point.
  others: [
    'table inet paint {',
    ...['prerouting', 'output'].flatMap((hook) => [
      `  chain ${hook} {`,
      `    type filter hook ${hook} priority raw; policy accept;`,
      '    meta nfproto ipv4 th sport 5900-5999 ip dscp set ef',
      '    meta nfproto ipv6 th sport 5900-5999 ip6 dscp set ef',
      '    meta l4proto { tcp, udp } th sport 6000-6099 meta mark set meta mark or 0x1',
      '  }',
    ]),
    '}',
  ],
} as const satisfies NetworkPlan;

export type Isp = keyof (typeof APART)['uplinks'];

/** The networks of all cases: every ISP on a wire of its own, or two of them on one. */
export const NETWORKS = {
  apart: APART,
  shared: {
    ...APART,
    uplinks: { ...APART.uplinks, eth4: { ...APART.uplinks.eth4, beside: 'eth3' } },
  },
} as const satisfies Record<string, NetworkPlan>;

export type NetworkName = keyof typeof NETWORKS;

/** What is the same in both. */
export const { lans: LANS, uplinks: ISPS, main: MAIN } = APART;

/** Where the uplinks of the policies lead. */
export const ISP_OF: Readonly<Record<string, Isp>> = { cable: 'eth2', dsl: 'eth3', lte: 'eth4' };

/** Of the first source port of a question: what another program has written into its packets. */
export function paintOf(source: number): { readonly dscp: number; readonly mark: number } {
  return {
    dscp: source >= 5900 && source < 6000 ? 46 : 0,
    mark: source >= 6000 && source < 6100 ? 1 : 0,
  };
}

/** What a resolver has told the run-time set of all policies. */
export const LEARNED = { set: 'sites', addresses: ['203.0.113.81', '2001:db8:f::80'] } as const;
