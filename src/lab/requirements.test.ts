import { afterEach, describe, expect, it, vi } from 'vitest';
import { requirements } from './requirements.ts';

describe('requirements', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('names the packages of the tools that are missing', async () => {
    vi.stubEnv('PATH', '/nowhere');
    expect(await requirements()).toBe(
      'the lab needs nft, ip, sysctl, iptables-nft, iptables-legacy, ipset, conntrack, perl, dash, busybox, dnsmasq, ' +
        'unshare, nsenter; ' +
        'run: sudo apt-get install nftables iproute2 procps iptables ipset conntrack perl dash busybox dnsmasq-base util-linux',
    );
  });

  it('says how to become root', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000);
    expect(await requirements()).toBe(
      'the lab needs root; run: sudo env "PATH=$PATH" npx vitest run src/lab',
    );
    vi.restoreAllMocks();
  });
});
