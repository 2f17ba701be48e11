import { expect, it } from 'vitest';
import { load, unload } from './load.ts';
import { withNetwork } from './network.ts';
import type { NetworkPlan } from './network-plan.ts';
import { runPackets } from './packets.ts';
import { readPackets } from './read-packets.ts';
import { RULESETS, withCompiled } from './with-compiled.ts';

const [ONE, OTHER] = ['00:00:5e:00:53:01', '00:00:5e:00:53:02'];
const OWN = ['192.0.2.2/24', '2001:db8:b::2/64'];
/** Two routers of a provider on one wire, and one address by which both know the customer. */
const PLAN: NetworkPlan = {
  lans: [{ device: 'lan0', addresses: ['192.168.0.1/24'], hosts: ['192.168.0.10'] }],
  uplinks: {
    eth2: { addresses: ['198.51.100.2/24'], gateways: ['198.51.100.1'] },
    eth3: { addresses: OWN, gateways: ['192.0.2.1', '2001:db8:b::1'], mac: ONE },
    other: {
      ...{ beside: 'eth3', addresses: OWN, mac: OTHER },
      gateways: ['192.0.2.129', '2001:db8:b::81'],
    },
  },
  main: 'eth2',
};
const policy = (mac: string): string => `
uplink cable dev eth2 gateway 198.51.100.1               masquerade
uplink one   dev eth3 gateway 192.0.2.1, 2001:db8:b::1 address ${OWN.join(', ')} masquerade
uplink other dev eth3 gateway 192.0.2.129, 2001:db8:b::81 ${mac} address ${OWN.join(', ')} masquerade
route ipv4 from 192.168.0.0/24 tcp 80 via other
route in one, other tcp 9000 via main
forward tcp 8443 on one, other to 192.168.0.10:9999
`;
const inbound = (isp: string, port: number, answered: unknown) => [
  { 'inbound tcp': `${isp}: 203.0.113.80 -> 192.0.2.2:${port}`, answered },
];
const six = (isp: string, answered: unknown) => [
  { 'inbound tcp': `${isp}: 2001:db8:f::80 -> [2001:db8:b::2]:9999`, answered },
];

it.each(RULESETS.slice(0, 2))(
  '$by: of two gateways and one address, the MAC of who sent it says where answers go',
  async ({ backend, iptables }) => {
    await withNetwork(PLAN, async (network) => {
      for (const [mac, known] of [
        [`mac ${OTHER}`, true],
        ['', false],
      ] as const) {
        const rules = policy(mac);
        await withCompiled(
          known ? rules : rules.replace(/^route in .*$/m, ''),
          backend,
          async (files) => {
            await load(network.router, files, undefined, iptables);
            const steps = [
              { tcp: '192.168.0.10 -> 203.0.113.80:80', leaves: 'other', as: '192.0.2.2' },
              ...inbound('eth3', 9999, true),
              ...inbound('eth3', 8443, 'lan0'),
              ...six('eth3', true),
              // Without it all answers go by the first.
              ...inbound('other', 9999, known),
              ...inbound('other', 8443, known && 'lan0'),
              ...(backend === 'nft' || known ? six('other', known) : []),
            ];
            const read = readPackets(JSON.stringify({ network: PLAN, steps }));
            expect(await runPackets(network, files, read.steps, iptables)).toEqual([]);
            await unload(network.router, files, iptables);
          },
        );
      }
    });
  },
);
