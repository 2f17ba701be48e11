import { expect, it } from 'vitest';
import { bug } from '../bug.ts';
import { load } from './load.ts';
import type { Namespace } from './namespace.ts';
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
      addresses: ['192.0.2.2/24', '2001:db8:b::2/64'],
      gateways: ['192.0.2.1', '2001:db8:b::1'],
    },
  },
  main: 'eth2',
};
const policy = (clamp: string): string => `
uplink cable dev eth2 gateway 198.51.100.1, 2001:db8:a::1 address 198.51.100.2/24, 2001:db8:a::2/64 masquerade
uplink dsl dev eth3 gateway 192.0.2.1, 2001:db8:b::1 address 192.0.2.2/24, 2001:db8:b::2/64 masquerade ${clamp}
route tcp 80 via dsl
route local tcp 80 via dsl
forward tcp 8080 on dsl to 192.168.0.10:9999
`;

/** The segment sizes that handshakes name where they arrive, of each kind and family. */
const WATCH = [
  'table inet watch {',
  ...['syn', 'syn_ack'].flatMap((kind) =>
    [4, 6].map(
      (family) => `set ${kind}_${family} { typeof tcp option maxseg size; flags dynamic; }`,
    ),
  ),
  'chain arrival {',
  'type filter hook prerouting priority -300;',
  ...[4, 6].flatMap((family) => [
    `meta nfproto ipv${family} tcp flags & (syn | ack) == syn add @syn_${family} { tcp option maxseg size }`,
    `meta nfproto ipv${family} tcp flags & (syn | ack) == (syn | ack) add @syn_ack_${family} { tcp option maxseg size }`,
  ]),
  '}',
  '}',
  '',
].join('\n');

async function sizes(namespace: Namespace, set: string): Promise<number[]> {
  const args = ['-j', 'list', 'set', 'inet', 'watch', set];
  const { nftables } = JSON.parse(await namespace.run('nft', args));
  const list = nftables.find((each: { set?: unknown }) => each.set !== undefined);
  await namespace.run('nft', ['flush', 'set', 'inet', 'watch', set]);
  return list.set.elem ?? [];
}

const MTU = 1400;
const LARGE = { 4: 1460, 6: 1440 };
const SMALL = { 4: MTU - 40, 6: MTU - 60 };

it.each(RULESETS)(
  '$by: handshakes by a clamped uplink name segments that fit its MTU',
  async ({ backend, iptables }) => {
    await withNetwork(PLAN, async (network) => {
      const { router } = network;
      const isp = network.isps.get('eth3') ?? bug('no such ISP');
      const other = network.isps.get('eth2') ?? bug('no such ISP');
      const lan = network.lans.get('lan0') ?? bug('no such LAN');
      await router.run('ip', ['link', 'set', 'eth3', 'mtu', String(MTU)]);
      for (const each of [isp, other, lan]) await each.run('nft', ['-f', '-'], WATCH);
      const send = async (...steps: unknown[]): Promise<void> => {
        const packets = readPackets(JSON.stringify({ network: PLAN, steps }));
        const nothing = { folder: '', base: '', names: new Set<string>(), backend, uplinks: [] };
        expect(await runPackets(network, nothing, packets.steps)).toEqual([]);
      };
      const out4 = { tcp: '192.168.0.10 -> 203.0.113.80:80', leaves: 'eth3' };
      const out6 = { tcp: 'fd00:0:0:1::10 -> [2001:db8:f::80]:80', leaves: 'eth3' };
      const forwarded = {
        'inbound tcp': 'eth3: 203.0.113.80 -> 192.0.2.2:8080',
        answered: 'lan0',
      };
      const local = { 'local tcp': '-> 203.0.113.80:80', leaves: 'eth3' };

      await withCompiled(policy(''), backend, (files) => load(router, files, undefined, iptables));
      await send(out4, out6);
      // Forwarded as it is, or the rest of the test says nothing.
      expect(await sizes(isp, 'syn_4')).toEqual([LARGE[4]]);
      expect(await sizes(isp, 'syn_6')).toEqual([LARGE[6]]);
      for (const set of ['syn_ack_4', 'syn_ack_6']) await sizes(lan, set);

      await withCompiled(policy('mtu-clamp'), backend, async (files) => {
        await load(router, files, files, iptables);
        await send(out4, out6);
        expect(await sizes(isp, 'syn_4')).toEqual([SMALL[4]]);
        expect(await sizes(isp, 'syn_6')).toEqual([SMALL[6]]);
        // What comes in is on its way by the LAN: iptables does not know of the uplink that main does not use.
        const arriving = backend === 'nft' ? SMALL : LARGE;
        expect(await sizes(lan, 'syn_ack_4')).toEqual([arriving[4]]);
        expect(await sizes(lan, 'syn_ack_6')).toEqual([arriving[6]]);
        await send(local);
        expect(await sizes(isp, 'syn_4')).toEqual([SMALL[4]]);
        await send(forwarded);
        expect(await sizes(lan, 'syn_4')).toEqual([arriving[4]]);
        expect(await sizes(isp, 'syn_ack_4')).toEqual([SMALL[4]]);
        // What leaves by another uplink stays as it is; and a reload forgets nothing.
        await send({ tcp: '192.168.0.10 -> 203.0.113.80:81', leaves: 'eth2' });
        expect(await sizes(other, 'syn_4')).toEqual([LARGE[4]]);
        await load(router, files, files, iptables);
        await sizes(lan, 'syn_4');
        await send(forwarded);
        expect(await sizes(lan, 'syn_4')).toEqual([arriving[4]]);
      });
    });
  },
  120_000,
);
