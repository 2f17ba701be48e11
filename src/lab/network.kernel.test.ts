import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { withNetwork } from './network.ts';
import type { NetworkPlan } from './network-plan.ts';

const PLAN: NetworkPlan = {
  lans: [{ device: 'lan0', addresses: ['192.168.0.1/24'], hosts: ['192.168.0.228'] }],
  uplinks: { 'eth3.7': { addresses: ['192.0.2.2/32', '2001:db8:b::3/64'], gateways: [] } },
  main: 'eth3.7',
  sysctl: { 'net/ipv4/conf/eth3.7/rp_filter': 2 },
};

/** The namespaces that this process has. */
async function ours(): Promise<string[]> {
  const { stdout } = await execa('ip', ['netns', 'list']);
  return stdout.split('\n').filter((line) => line.startsWith(`routec-${process.pid}-`));
}

describe('withNetwork', () => {
  it('builds a strict router, and takes everything away with what still runs in it', async () => {
    const sleeping = { pid: 0 };
    await withNetwork(PLAN, async ({ router, hosts, isps, seen }) => {
      expect(await ours()).toHaveLength(3);
      const conf = (device: string) => `net/ipv4/conf/${device}/rp_filter`;
      const devices = ['all', 'lan0', 'eth3.7'].map(conf);
      expect(await router.run('sysctl', ['-n', ...devices])).toBe('1\n1\n2');
      // Without a gateway the ISP is asked on the link itself.
      const ways = await router.run('ip', ['-4', 'route', 'show', 'default']);
      expect(ways.trim()).toBe('default dev eth3.7 scope link');
      expect([...hosts.keys(), ...isps.keys()]).toEqual(['192.168.0.228', 'eth3.7']);
      expect(await seen('eth3.7')).toEqual({ begun: 0, foreign: 0 });
      const child = execa('ip', ['netns', 'exec', router.name, 'sleep', '600'], { reject: false });
      sleeping.pid = child.pid ?? 0;
      await expect.poll(() => router.run('ip', ['netns', 'pids', router.name])).not.toBe('');
    });
    expect(await ours()).toEqual([]);
    await expect.poll(() => isRunning(sleeping.pid)).toBe(false);
  });

  it('leaves nothing behind where building fails halfway', async () => {
    const wrong = { ...PLAN, uplinks: { eth2: { addresses: ['192.0.2.300/24'], gateways: [] } } };
    const never = () => Promise.reject(new Error('it was built'));
    await expect(withNetwork(wrong, never)).rejects.toThrow('192.0.2.300');
    expect(await ours()).toEqual([]);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
