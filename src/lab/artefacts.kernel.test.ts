import { describe, expect, it } from 'vitest';
import { readMap } from '../emit/map/read-map.ts';
import { readText } from '../host/artefact-folder.ts';
import { parseNftTable } from '../plan/nft-table.ts';
import { policyCounts } from '../plan/policy-counts.ts';
import type { Artefacts } from './artefacts.ts';
import { fixtures } from './fixtures.ts';
import { load, unload } from './load.ts';
import { type Network, withNetwork } from './network.ts';
import type { NetworkPlan } from './network-plan.ts';
import { state } from './state.ts';

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
    await router.run(`${tool}-restore`, ['-w', '--noflush'], OTHER_TABLES);
  }
}

/** What counts in the kernel, and the map does not say for which line. */
async function unknownCounts({ router }: Network, { folder, base }: Artefacts) {
  const map = readMap(readText(folder, `${base}.map.json`) ?? '');
  if (map === undefined) throw new Error('there is no map');
  const listing = await router.run('nft', ['-n', 'list', 'table', 'inet', 'routec']);
  const text = readText(folder, `${base}.nft`) ?? '';
  return policyCounts(text, map, parseNftTable(listing)).strangers;
}

describe('artefacts', () => {
  it.concurrent.each(fixtures)(
    '$name, $by: loaded twice is loaded once, unloaded is as before',
    ({ files, iptables }) =>
      withNetwork(bareNetwork(files), async (network) => {
        const { router } = network;
        await addOthers(network, files);
        const before = await state(router);
        await load(router, files, undefined, iptables);
        const loaded = await state(router);
        expect(loaded).not.toEqual(before);
        if (files.backend === 'nft') expect(await unknownCounts(network, files)).toEqual([]);
        await load(router, files, files, iptables);
        expect(await state(router)).toEqual(loaded);
        await unload(router, files, iptables);
        expect(await state(router)).toEqual(before);
      }),
  );
});
