import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';

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
};

/** What the lab lacks on this machine, as a line that says what to run; nothing if it lacks nothing. */
export async function requirements(): Promise<string | undefined> {
  const lacking = Object.entries(PACKAGES).filter(([tool]) => !isInPath(tool));
  if (lacking.length > 0) {
    const packages = [...new Set(lacking.map(([, name]) => name))].join(' ');
    return `the lab needs ${lacking.map(([tool]) => tool).join(', ')}; run: sudo apt-get install ${packages}`;
  }
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

function isInPath(tool: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
