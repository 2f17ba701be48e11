/** A program that has marks, rules and tables of its own, and what gives it away. */
export interface Peer {
  readonly name: string;
  /** Bits that it writes, of the packet's mark or the connection's. */
  readonly bits: number;
  /** Priorities of its rules, from and to. */
  readonly priorities: readonly (readonly [number, number])[];
  readonly tables: readonly string[];
  /** Devices that only it makes. */
  readonly device?: RegExp;
}

/** By their own sources and manuals, read in 2026. */
export const PEERS: readonly Peer[] = [
  {
    name: 'Tailscale',
    bits: 0x00ff_0000,
    priorities: [
      [5210, 5270],
      [1310, 1370],
    ],
    tables: ['52'],
    device: /^tailscale\d+$/,
  },
  { name: 'wg-quick', bits: 0xca6c, priorities: [], tables: ['51820'] },
  {
    name: 'NetBird',
    bits: 0x0001_bdff,
    priorities: [[100, 110]],
    tables: ['7120'],
    device: /^wt\d+$/,
  },
  {
    name: 'Mullvad',
    bits: 0x6d6f_6c65,
    priorities: [],
    tables: ['1836018789'],
    device: /^wg\d*-mullvad$/,
  },
  {
    name: 'Docker swarm',
    bits: 0x00d0_c4e3,
    priorities: [],
    tables: [],
    device: /^docker_gwbridge$/,
  },
  {
    name: 'Kubernetes',
    bits: 0xe000,
    priorities: [],
    tables: [],
    device: /^(kube-ipvs\d+|cni\d+|flannel\.\d+|nodelocaldns)$/,
  },
  {
    name: 'Cilium',
    bits: 0xffff_0fff,
    priorities: [[100, 111]],
    tables: ['2004', '2005'],
    device: /^cilium_/,
  },
  {
    name: 'Calico',
    bits: 0xffff_0000,
    priorities: [],
    tables: [],
    device: /^(cali[0-9a-f]|vxlan\.calico)/,
  },
  { name: 'mwan3', bits: 0x3f00, priorities: [[1001, 3254]], tables: [] },
  { name: 'pbr', bits: 0x00ff_0000, priorities: [[29_745, 30_000]], tables: [] },
  { name: 'Shorewall', bits: 0, priorities: [[10_000, 20_999]], tables: [] },
  { name: 'FRRouting', bits: 0, priorities: [[300, 999]], tables: [] },
];

interface RuleNumbers {
  readonly priority: number;
  readonly table: string | undefined;
}

/** Whose a rule is, by its table; nothing where nobody known has that. */
export const ownerOf = ({ table }: RuleNumbers): Peer | undefined =>
  PEERS.find(({ tables }) => table !== undefined && tables.includes(table));

/** Who has rules at such a priority, and may have made this one. */
export const likelyOwner = ({ priority }: RuleNumbers): Peer | undefined =>
  PEERS.find(({ priorities }) =>
    priorities.some(([from, to]) => priority >= from && priority <= to),
  );
