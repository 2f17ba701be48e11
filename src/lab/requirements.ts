import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { PATH } from '../host/run.ts';

const PACKAGES = {
  nft: 'nftables',
  ip: 'iproute2',
  sysctl: 'procps',
  'iptables-nft': 'iptables',
  'iptables-legacy': 'iptables',
  ipset: 'ipset',
  conntrack: 'conntrack',
  perl: 'perl',
  dash: 'dash',
  busybox: 'busybox',
  dnsmasq: 'dnsmasq-base',
  unshare: 'util-linux',
  nsenter: 'util-linux',
} as const;
export type Tool = keyof typeof PACKAGES;

/** What the lab lacks on this machine, as a line that says what to run; nothing if it lacks nothing. */
export async function requirements(): Promise<string | undefined> {
  const lacking = missingTools(Object.keys(PACKAGES) as Tool[], process.env.PATH);
  if (lacking !== undefined) return lacking;
  if (process.getuid?.() !== 0) {
    return 'the lab needs root; run: sudo env "PATH=$PATH" npx vitest run src/lab';
  }
  const name = `routec-${process.pid}-requirements`;
  const added = await execa('ip', ['netns', 'add', name], { reject: false });
  if (added.failed) {
    return `the lab needs network namespaces (${added.stderr}); run: docker run --privileged, or a virtual machine`;
  }
  try {
    const nft = await execa('ip', ['netns', 'exec', name, 'nft', 'list', 'ruleset'], {
      reject: false,
    });
    return nft.failed ? `the lab needs nf_tables; run: sudo modprobe nf_tables` : undefined;
  } finally {
    await execa('ip', ['netns', 'del', name], { reject: false });
  }
}

/** Which of some tools are not installed, as a line that says what to run; nothing if all are. */
export function missingTools(tools: readonly Tool[], path = PATH): string | undefined {
  const lacking = tools.filter((tool) => !isIn(path, tool));
  if (lacking.length === 0) return undefined;
  const packages = [...new Set(lacking.map((tool) => PACKAGES[tool]))].join(' ');
  return `the lab needs ${lacking.join(', ')}; run: sudo apt-get install ${packages}`;
}

function isIn(path: string, tool: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
