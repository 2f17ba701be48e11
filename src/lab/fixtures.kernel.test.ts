import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bug } from '../bug.ts';
import { type Artefacts, findArtefacts } from './artefacts.ts';
import { DISCARD_PORT } from './internet.ts';
import { type Iptables, load, unload } from './load.ts';
import { type Network, withNetwork } from './network.ts';
import type { NetworkPlan } from './network-plan.ts';
import { runPackets } from './packets.ts';
import { readPackets } from './read-packets.ts';
import { startScript } from './start-script.ts';
import { state } from './state.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');

/** Every device that the artefacts speak of, up and with some addresses. */
function bareNetwork({ uplinks }: Artefacts): NetworkPlan {
  const devices = [...new Set(uplinks.map(({ device }) => device))];
  const plan = devices.map((device, index) => {
    const addresses = [`10.214.${index}.2/24`, `fd00:214:0:${index}::2/64`];
    return [device, { addresses, gateways: [`10.214.${index}.1`] }] as const;
  });
  return { lans: [], uplinks: Object.fromEntries(plan) };
}

/** A rule in each chain that a policy adds to. */
const OTHER_TABLES = [
  '*filter\n-A INPUT\n-A FORWARD\n-A OUTPUT\nCOMMIT',
  '*nat\n-A PREROUTING\n-A POSTROUTING\nCOMMIT',
  '*mangle\n-A PREROUTING\n-A OUTPUT\n-A POSTROUTING\nCOMMIT\n',
].join('\n');

/** What others keep in the same kernel, and a policy must leave alone. */
async function addOthers({ router }: Network, files: Artefacts): Promise<void> {
  const lines = [
    'rule add pref 5000 fwmark 0x1/0xf lookup 77',
    'route add 192.0.2.0/24 dev lo',
    // In tables that a policy pins or uses, by the uplinks' own devices too.
    ...files.uplinks.map(({ device }, at) => `route add 10.99.${at}.0/24 dev ${device} table 4`),
    'route add 10.98.0.0/16 dev lo table 6000',
  ];
  await router.run('ip', ['-batch', '-'], [...lines, ''].join('\n'));
  await router.run('nft', ['-f', '-'], 'table inet others {\n chain kept {\n counter\n }\n}\n');
  for (const tool of ['iptables-nft', 'ip6tables-nft', 'iptables-legacy', 'ip6tables-legacy']) {
    await router.run(`${tool}-restore`, ['--noflush'], OTHER_TABLES);
  }
}

/** Each fixture with each program that loads it. */
const fixtures = readdirSync(FIXTURES).flatMap((name) => {
  const folder = join(FIXTURES, name);
  const packets = join(folder, 'packets.json');
  const found = (files: Artefacts | undefined, iptables: Iptables, by: string) =>
    files === undefined ? [] : [{ name, files, packets, iptables, by }];
  const sub = join(folder, 'iptables');
  const iptables = existsSync(sub) ? findArtefacts(sub) : undefined;
  return [
    ...found(findArtefacts(folder), 'nft', 'nft'),
    ...found(iptables, 'nft', 'iptables-nft'),
    ...found(iptables, 'legacy', 'iptables-legacy'),
  ];
});

describe('artefacts', () => {
  it.each(fixtures)(
    '$name, $by: loaded twice is loaded once, unloaded is as before',
    ({ files, iptables }) =>
      withNetwork(bareNetwork(files), async (network) => {
        const { router } = network;
        await addOthers(network, files);
        const before = await state(router);
        await load(router, files, undefined, iptables);
        const loaded = await state(router);
        expect(loaded).not.toEqual(before);
        await load(router, files, files, iptables);
        expect(await state(router)).toEqual(loaded);
        await unload(router, files, iptables);
        expect(await state(router)).toEqual(before);
      }),
  );
});

describe('packets', () => {
  it.each(fixtures.filter(({ packets }) => existsSync(packets)))(
    '$name, $by: every packet goes where packets.json says',
    async ({ files, packets, iptables }) => {
      const { network: plan, steps } = readPackets(readFileSync(packets, 'utf8'));
      await withNetwork(plan, async (network) => {
        await load(network.router, files, undefined, iptables);
        expect(await runPackets(network, files, steps, iptables)).toEqual([]);
      });
    },
  );
});

/** How often; for iptables one takes four programs instead of one. */
const RELOADS = { nft: 30, iptables: 12 };

describe('a reload under traffic', () => {
  const killSwitch = fixtures.filter(({ name }) => name === 'kill-switch');
  it.each(killSwitch)('$by never lets a kill-switched host out by another uplink', async (each) => {
    const { files, packets, iptables } = each;
    const { network: plan } = readPackets(readFileSync(packets, 'utf8'));
    await withNetwork(plan, async ({ router, hosts, seen }) => {
      await load(router, files, undefined, iptables);
      const lan = hosts.get('192.168.0.228') ?? bug('a fixture without its host');
      const flood = (from: string, to: string) =>
        startScript(lan, new URL('./flood.mjs', import.meta.url), [from, to, String(DISCARD_PORT)]);
      const floods = await Promise.all([
        flood('192.168.0.228', '203.0.113.80'),
        flood('fd00:0:0:1::228', '2001:db8:f::80'),
      ]);
      for (let count = 0; count < RELOADS[files.backend]; count += 1) {
        await load(router, files, files, iptables);
      }
      await Promise.all(floods.map(({ stop }) => stop()));
      expect((await seen('eth2')).begun).toBe(0);
      expect((await seen('eth3')).begun).toBeGreaterThan(1000);
    });
  });
});
