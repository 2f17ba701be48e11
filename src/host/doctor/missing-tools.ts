import { isInstalled } from '../is-installed.ts';
import type { DoctorCheck } from './doctor-check.ts';

/** What each tool is for, and the package of Debian that has it. */
const ALWAYS: readonly (readonly [string, string, string])[] = [
  ['ip', 'rules and routes', 'iproute2'],
  ['sysctl', 'settings of the kernel', 'procps'],
  ['flock', 'one change at a time', 'util-linux'],
  ['unshare', 'a ruleset is tried beforehand', 'util-linux'],
  ['nsenter', 'a ruleset is tried beforehand', 'util-linux'],
  [
    'conntrack',
    'open connections: to count them, and to end those that have no uplink any more',
    'conntrack',
  ],
];
const OF: Readonly<Record<'nft' | 'iptables', readonly (readonly [string, string, string])[]>> = {
  nft: [['nft', 'the ruleset', 'nftables']],
  iptables: [
    ['iptables-restore', 'the ruleset', 'iptables'],
    ['ip6tables-restore', 'the ruleset for IPv6', 'iptables'],
    ['ipset', 'long lists', 'ipset'],
  ],
};

/** Tools that routec calls. */
export const missingTools: DoctorCheck = {
  name: 'missing-tools',
  decides: false,
  run: ({ backend }) =>
    [...OF[backend], ...ALWAYS]
      .filter(([tool]) => !isInstalled(tool))
      .map(([tool, use, pack]) => ({
        severity: 'warning',
        message: `\`${tool}\` is not installed (${use})`,
        help: `apt-get install ${pack}, or what your system calls it`,
      })),
};
