import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bug } from '../bug.ts';
import { findArtefacts } from './artefacts.ts';
import { load } from './load.ts';
import { withNetwork } from './network.ts';
import { runPackets } from './packets.ts';
import { readPackets } from './read-packets.ts';

const FIXTURE = join(import.meta.dirname, '../../fixtures/kill-switch');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'routec-'));
  cpSync(FIXTURE, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Takes out of an artefact what a pattern fits. */
function damage(name: string, pattern: RegExp): void {
  const text = readFileSync(join(folder, name), 'utf8');
  expect(text).toMatch(pattern);
  writeFileSync(join(folder, name), text.replace(pattern, ''));
}

/** What the lab says of the damaged artefacts. */
async function complaints(...steps: unknown[]): Promise<string[]> {
  const { network } = JSON.parse(readFileSync(join(FIXTURE, 'packets.json'), 'utf8'));
  const packets = readPackets(JSON.stringify({ network, steps }));
  const files = findArtefacts(folder) ?? bug('a fixture without a manifest');
  let found: string[] = [];
  await withNetwork(packets.network, async (running) => {
    await load(running.router, files);
    found = await runPackets(running, files, packets.steps);
  });
  return found;
}

describe('runPackets', () => {
  it('sees a leak where the guard is missing', async () => {
    damage('policy.guard.ip', /^rule add pref 69\d\d .*\n/gm);
    expect(
      await complaints(
        { tcp: '192.168.0.228 -> 203.0.113.80:80', leaves: 'eth3', as: '1.2.3.3' },
        { link: 'eth3', set: 'down' },
        { tcp: '192.168.0.228 -> 203.0.113.80:80', leaves: null },
        { tcp: 'fd00:0:0:1::228 -> [2001:db8:f::80]:80', leaves: null, error: 'ENETUNREACH' },
      ),
    ).toEqual([
      'step 3, tcp 192.168.0.228 -> 203.0.113.80:80: should reach no ISP; ' +
        'eth2 answered and saw 198.51.100.2, and reached eth2',
    ]);
  });

  it('sees a datagram that is sent twice', async () => {
    const nft = join(folder, 'policy.nft');
    const twice = [
      'table ip twice {',
      'chain c {',
      'type filter hook postrouting priority 300',
      'meta l4proto udp dup to 1.2.3.4 device "eth3"',
      '}',
      '}',
    ].join('\n');
    writeFileSync(nft, `${readFileSync(nft, 'utf8')}${twice}\n`);
    expect(await complaints({ udp: '192.168.0.228 -> 203.0.113.80:80', leaves: 'eth3' })).toEqual([
      expect.stringMatching(/^step 1, udp .* reached eth3/),
    ]);
  });

  it('sees a source that was not translated', async () => {
    damage('policy.nft', /^ *meta nfproto ipv6 masquerade\n/gm);
    expect(
      await complaints(
        { tcp: '192.168.0.228 -> 203.0.113.80:80', leaves: 'eth3', as: '1.2.3.3' },
        { udp: 'fd00:0:0:1::228 -> [2001:db8:f::80]:53', leaves: 'eth3' },
      ),
    ).toEqual([
      'step 2, udp fd00:0:0:1::228 -> [2001:db8:f::80]:53: should leave by eth3; ' +
        'it failed with timeout, and reached eth3, by eth3 from a foreign source',
    ]);
  });

  it('counts what is sent together, and packets that nobody answers', async () => {
    const to = '192.168.0.228 -> 203.0.113.80';
    const gre = { 'proto 47': to };
    expect(
      await complaints(
        {
          together: [
            { tcp: `${to}:80`, leaves: 'eth3' },
            { 'local udp': '-> 203.0.113.80:53', leaves: 'eth2' },
          ],
        },
        {
          together: [
            { tcp: `${to}:80`, leaves: 'eth2' },
            { ...gre, leaves: 'eth3' },
          ],
        },
        { ...gre, leaves: 'eth2' },
      ),
    ).toEqual([
      `step 2, tcp ${to}:80: should leave by eth2; eth3 answered and saw 1.2.3.3`,
      'step 2, together: ISPs counted eth2 0 (1), eth3 2 (1)',
      `step 3, proto 47 ${to}: should leave by eth2; it failed with timeout, and reached eth3`,
    ]);
  });

  it('sees what is not answered, and what should not be', async () => {
    expect(
      await complaints(
        { 'inbound tcp': 'eth3: 203.0.113.80 -> 1.2.3.3:9998', answered: true },
        { 'inbound tcp': 'eth3: 203.0.113.80 -> 1.2.3.3:9999', answered: false },
      ),
    ).toEqual([
      'step 1, inbound tcp eth3: 203.0.113.80 -> 1.2.3.3:9998: should be answered by router; ' +
        'it failed with ECONNREFUSED, and reached no ISP',
      'step 2, inbound tcp eth3: 203.0.113.80 -> 1.2.3.3:9999: should reach no ISP; ' +
        'router answered and saw 203.0.113.80, and reached no ISP',
    ]);
  });
});
