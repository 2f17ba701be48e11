import { expect, it } from 'vitest';
import { load } from './load.ts';
import { withNetwork } from './network.ts';
import type { NetworkPlan } from './network-plan.ts';
import { runPackets } from './packets.ts';
import { readPackets } from './read-packets.ts';
import { RULESETS, withCompiled } from './with-compiled.ts';

const PLAN: NetworkPlan = {
  lans: [{ device: 'lan0', addresses: ['192.168.0.1/24'], hosts: ['192.168.0.10'] }],
  uplinks: { eth2: { addresses: ['198.51.100.2/24'], gateways: ['198.51.100.1'] } },
  main: 'eth2',
};
const POLICY = `
uplink cable dev eth2 gateway 198.51.100.1 address 198.51.100.2/24 masquerade
set sites domains example.com
route ipv4 to @sites tcp 80 via cable
`;

it.each(RULESETS)(
  '$by: an address that is used stays, one that is not is forgotten',
  async ({ backend, iptables }) => {
    await withNetwork(PLAN, async (network) => {
      const { router } = network;
      await withCompiled(POLICY, backend, async (files) => {
        await load(router, files, undefined, iptables);
        const [used, idle] = ['203.0.113.80', '203.0.113.81'];
        for (const each of [used, idle]) {
          if (backend === 'iptables') {
            await router.run('ipset', ['add', 'routec-4-sites', each, 'timeout', '600']);
          } else {
            const element = `{ ${each} timeout 600s }`;
            await router.run('nft', ['add element inet routec domains_ip_sites', element]);
          }
        }
        const steps = [{ tcp: `192.168.0.10 -> ${used}:80`, leaves: 'eth2' }, { reload: '' }];
        const packets = readPackets(JSON.stringify({ network: PLAN, steps }));
        expect(await runPackets(network, files, packets.steps, iptables)).toEqual([]);
        const listed =
          backend === 'iptables'
            ? await router.run('ipset', ['list', 'routec-4-sites'])
            : await router.run('nft', ['list', 'set', 'inet', 'routec', 'domains_ip_sites']);
        // A day less a moment, and ten minutes less a moment.
        expect(listed).toMatch(/203\.0\.113\.80 (timeout 8[56]\d{3}\b|.*expires (1d|23h59m))/);
        expect(listed).toMatch(/203\.0\.113\.81 (timeout 5\d\d\b|.*expires 9m)/);
      });
    });
  },
);
