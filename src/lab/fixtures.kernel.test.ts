import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bug } from '../bug.ts';
import { fixtures } from './fixtures.ts';
import { load } from './load.ts';
import { withNetwork } from './network.ts';
import { runPackets } from './packets.ts';
import { readPackets } from './read-packets.ts';
import { startFlood } from './start-flood.ts';

describe('packets', () => {
  it.concurrent.each(fixtures.filter(({ packets }) => existsSync(packets)))(
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

describe('a mark that another program writes behind ours', () => {
  const killSwitch = fixtures.filter(({ name }) => name === 'kill-switch');
  it.concurrent.each(killSwitch)(
    '$by: stops what a rule chose for, and nothing else',
    async (each) => {
      const { files, packets, iptables } = each;
      const { network: plan } = readPackets(readFileSync(packets, 'utf8'));
      const others = [
        'table inet others {',
        '  chain prerouting {',
        '    type filter hook prerouting priority -100;',
        '    iifname lan0 meta mark set 0x7',
        '  }',
        '}',
      ];
      const { steps } = readPackets(
        JSON.stringify({
          network: plan,
          steps: [
            { tcp: '192.168.0.228 -> 203.0.113.80:80', leaves: null },
            { tcp: 'fd00:0:0:1::228 -> [2001:db8:f::80]:80', leaves: null },
            { tcp: '192.168.0.10 -> 203.0.113.80:80', leaves: 'eth2' },
            { 'inbound tcp': 'eth3: 203.0.113.80 -> 1.2.3.3:9999', answered: true },
          ],
        }),
      );
      await withNetwork({ ...plan, others }, async (network) => {
        await load(network.router, files, undefined, iptables);
        expect(await runPackets(network, files, steps, iptables)).toEqual([]);
      });
    },
  );
});

/** How often at least; for iptables one takes four programs instead of one. */
const RELOADS = { nft: 16, iptables: 6 };
/** Of how many flows at least: a fast machine has reloaded before they have begun. */
const FLOWS = 1000;

describe('a reload under traffic', () => {
  const killSwitch = fixtures.filter(({ name }) => name === 'kill-switch');
  it.each(killSwitch)('$by never lets a kill-switched host out by another uplink', async (each) => {
    const { files, packets, iptables } = each;
    const { network: plan } = readPackets(readFileSync(packets, 'utf8'));
    await withNetwork(plan, async ({ router, hosts, seen }) => {
      await load(router, files, undefined, iptables);
      const lan = hosts.get('192.168.0.228') ?? bug('a fixture without its host');
      const floods = await Promise.all([
        startFlood(lan, '192.168.0.228', '203.0.113.80'),
        startFlood(lan, 'fd00:0:0:1::228', '2001:db8:f::80'),
      ]);
      let reloads = 0;
      while (reloads < RELOADS[files.backend] || (await seen('eth3')).begun <= FLOWS) {
        await load(router, files, files, iptables);
        reloads += 1;
      }
      await Promise.all(floods.map(({ stop }) => stop()));
      expect((await seen('eth2')).begun).toBe(0);
      expect((await seen('eth3')).begun).toBeGreaterThan(FLOWS);
    });
  });
});
