import { expect, it } from 'vitest';
import { load } from './load.ts';
import { withNetwork } from './network.ts';
import type { NetworkPlan } from './network-plan.ts';
import { runPackets } from './packets.ts';
import { readPackets } from './read-packets.ts';
import { RULESETS, withCompiled } from './with-compiled.ts';

const PLAN: NetworkPlan = {
  lans: [
    {
      device: 'lan0',
      addresses: ['192.168.0.1/24', 'fd00:0:0:1::1/64'],
      hosts: ['192.168.0.10', 'fd00:0:0:1::10'],
    },
  ],
  uplinks: {
    eth2: {
      addresses: ['198.51.100.2/24', '2001:db8:a::2/64'],
      gateways: ['198.51.100.1', '2001:db8:a::1'],
    },
    eth3: {
      addresses: ['192.0.2.2/24', '203.0.113.2/24', '2001:db8:b::2/64'],
      gateways: ['192.0.2.1', '203.0.113.1', '2001:db8:b::1'],
    },
  },
  main: 'eth2',
};
// Main has an IPv6 default by the device of `cable`, which the policy gives no IPv6 gateway.
const POLICY = `
uplink cable dev eth2 gateway 198.51.100.1 masquerade
uplink lte   dev eth3 gateway 192.0.2.1    address 192.0.2.2/24 snat 192.0.2.2
uplink dsl   dev eth3 gateway 203.0.113.1, 2001:db8:b::1 address 203.0.113.2/24, 2001:db8:b::2/64 masquerade
route tcp 80 via cable else main
route tcp 81 via lte nonat else dsl else main
`;

it.each(RULESETS)(
  '$by: what passes a tier without a way for its family is not settled to it',
  async ({ backend, iptables }) => {
    await withNetwork(PLAN, async (network) => {
      await withCompiled(POLICY, backend, async (files) => {
        await load(network.router, files, undefined, iptables);
        const steps = [
          { tcp: 'fd00:0:0:1::10 -> [2001:db8:f::80]:80', leaves: 'eth2' },
          { tcp: '192.168.0.10 -> 203.0.113.80:80', leaves: 'eth2' },
          { tcp: 'fd00:0:0:1::10 -> [2001:db8:f::80]:81', leaves: 'eth3', as: '2001:db8:b::2' },
        ];
        const packets = readPackets(JSON.stringify({ network: PLAN, steps }));
        expect(await runPackets(network, files, packets.steps, iptables)).toEqual([]);
      });
    });
  },
);
