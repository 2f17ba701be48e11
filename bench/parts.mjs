/**
 * What is measured, in this order: a part a file. `packages` are what it compares with or needs, by the tool
 * that each of them brings; `minutes` are the most that it may take.
 */
export const PARTS = [
  {
    name: 'start',
    about: 'starting, and compiling a small policy, against an empty node',
    minutes: 5,
    run: async () => (await import('./start.mjs')).start(),
  },
  {
    name: 'compile',
    about: 'compiling large policies, against `nft -f` of the output and ferm',
    minutes: 15,
    packages: { nft: 'nftables', ferm: 'ferm', time: 'time' },
    run: async () => (await import('./compile.mjs')).compile(),
  },
  {
    name: 'delta',
    about: 'one rule more among 100,000: what changes, against all of it',
    minutes: 10,
    packages: { nft: 'nftables', time: 'time' },
    run: async () => (await import('./delta.mjs')).delta(),
  },
  {
    name: 'check',
    about: 'checking 10,000 rules of many shapes, and what of it the analyses take',
    minutes: 15,
    packages: { time: 'time' },
    run: async () => (await import('./check.mjs')).check(),
  },
  {
    name: 'peers',
    about:
      'rules for a host, compiled by routec, ferm, Shorewall and FireHOL, and called one by one',
    minutes: 15,
    packages: {
      ferm: 'ferm',
      shorewall: 'shorewall',
      firehol: 'firehol',
      iptables: 'iptables',
      time: 'time',
    },
    run: async () => (await import('./peers.mjs')).peers(),
  },
  {
    name: 'packets',
    about:
      'packets and new flows a second at 1 to 100,000 rules, against none and plain forwarding',
    minutes: 10,
    packages: {
      nft: 'nftables',
      'iptables-legacy': 'iptables',
      ipset: 'ipset',
      conntrack: 'conntrack',
      perl: 'perl',
    },
    run: async (options) => (await import('./packets.mjs')).packets(options),
  },
  {
    name: 'reload',
    about: 'packets lost and misrouted while policies follow one another (--reloads N; 600)',
    minutes: 45,
    packages: {
      nft: 'nftables',
      iptables: 'iptables',
      ipset: 'ipset',
      conntrack: 'conntrack',
      perl: 'perl',
    },
    run: async (options) => (await import('./reload.mjs')).reload(options),
  },
];
