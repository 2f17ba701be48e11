import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { askConfined, CONFINED_NETWORK, FIRST } from '../lab/confined-host.ts';
import { type Network, withNetwork } from '../lab/network.ts';
import { makePlace, type Place, ROUTEC } from '../lab/place.ts';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

const POLICY = [...FIRST, 'route ipv4 udp 9 via balance cable 3, dsl 1', 'route tcp 81 via dsl'];
const HOST = 'host 192.168.0.228 to 203.0.113.80 in lan0';
const WEB = `${HOST} tcp 80`;

async function explain(network: Network, ...words: readonly string[]) {
  const path = join(place.folder, 'policy/policy.route');
  const args = ['explain', path, '--live', '--json', ...words];
  const { exitCode, stdout, stderr } = await place.routec(network, args);
  expect(stderr).toBe('');
  return { exitCode, ...JSON.parse(stdout) };
}

it(
  'holds its answer to the running kernel, and says where that differs',
  { timeout: 300_000 },
  () =>
    withNetwork(CONFINED_NETWORK, async (network) => {
      const ip = (words: string) => network.router.run('ip', words.split(' '));
      const policy = place.policy(POLICY);
      const bare = await explain(network, WEB);
      expect(bare).toMatchObject({ exitCode: 1, uplink: 'dsl', live: { loaded: false } });
      expect(bare.live.ways).toMatchObject([{ agrees: false, dev: 'eth2', table: 254 }]);
      const applied = await place.routec(network, ['apply', policy, '--yes']);
      expect(applied, applied.stderr).toMatchObject({ exitCode: 0 });
      expect(await askConfined(network)).toEqual([]);

      const [web, both, shares, refused, own, lan, supposed] = await Promise.all([
        explain(network, WEB),
        explain(network, 'tcp 81'),
        explain(network, 'from 192.168.0.10 udp 9 to 203.0.113.80 in lan0'),
        explain(network, `${HOST} tcp 25`),
        explain(network, 'local tcp 80 to 203.0.113.80'),
        explain(network, 'host 192.168.0.228 to 192.168.1.10 in lan0 tcp 80'),
        explain(network, WEB, '--down', 'dsl'),
      ]);
      expect(web).toMatchObject({ exitCode: 0, down: [], uplink: 'dsl' });
      expect(web.live).toMatchObject({
        agrees: true,
        ways: [{ agrees: true, does: 'by', dev: 'eth3', gateway: '1.2.3.4', table: 6002 }],
        line: { loaded: true, packets: 2 },
        drift: [],
        unread: [],
      });
      // Of both families, and by the device that leads to a host that nobody said the device of.
      expect(both).toMatchObject({ exitCode: 0, uplink: 'dsl' });
      expect(both.live.ways).toMatchObject([
        { family: 4, dev: 'eth3', command: expect.arrayContaining(['iif', 'lan0']) },
        { family: 6, dev: 'eth3', gateway: '2001:db8:b::1' },
      ]);
      expect(shares.live.ways).toMatchObject([
        { uplink: 'cable', agrees: true, dev: 'eth2' },
        { uplink: 'dsl', agrees: true, dev: 'eth3' },
      ]);
      expect(refused).toMatchObject({ exitCode: 0, verdict: 'drop', live: { agrees: true } });
      expect(refused.live.ways).toMatchObject([{ does: 'drop' }]);
      expect(own).toMatchObject({ exitCode: 0, live: { ways: [{ does: 'by', dev: 'eth2' }] } });
      // What main knows better than by a default route is not the policy's.
      expect(lan).toMatchObject({ exitCode: 1, uplink: 'dsl', live: { drift: [] } });
      expect(lan.live.ways).toMatchObject([{ agrees: false, dev: 'lan1', to: '192.168.1.0/24' }]);
      expect(supposed).toMatchObject({ exitCode: 1, down: ['dsl'], verdict: 'unreachable' });
      expect(supposed.live.ways).toMatchObject([{ does: 'by', dev: 'eth3', why: ['`dsl` is up'] }]);

      await asNobody(network, policy);

      await network.router.run('sysctl', ['-qw', 'net.ipv4.conf.all.rp_filter=1']);
      const strange = await explain(network, 'from 192.168.0.228 to 203.0.113.80 tcp 80 in lan1');
      expect(strange).toMatchObject({ exitCode: 1, live: { ways: [{ does: 'source' }] } });
      await network.router.run('sysctl', ['-qw', 'net.ipv4.conf.all.rp_filter=0']);

      await ip('route replace default via 1.2.3.99 dev eth3 onlink table 6002 proto 214');
      const elsewhere = await explain(network, WEB);
      expect(elsewhere).toMatchObject({ exitCode: 1, gateway: '1.2.3.4', live: { agrees: false } });
      expect(elsewhere.live.ways).toMatchObject([{ agrees: false, gateway: '1.2.3.99' }]);
      expect(elsewhere.live.drift).toMatchObject([{ kind: 'changed', what: 'route' }]);
      await ip('route del default table 6002');
      const gone = await explain(network, WEB);
      expect(gone).toMatchObject({ exitCode: 1, uplink: 'dsl', down: [] });
      expect(gone.live.ways).toMatchObject([
        { agrees: false, does: 'unreachable', why: [expect.stringContaining('table 6002')] },
      ]);

      await network.setLink('eth3', 'down');
      const down = await explain(network, WEB);
      expect(down).toMatchObject({ exitCode: 0, down: ['dsl'], verdict: 'unreachable' });
      expect(down.live.uplinks).toMatchObject([
        { state: 'up' },
        { state: 'down', families: [{ reason: 'switched-off' }, {}] },
      ]);

      place.policy(['route ipv4 tcp 82 via cable', ...POLICY]);
      const other = await explain(network, 'from 192.168.0.10 tcp 82 to 203.0.113.80 in lan0');
      expect(other).toMatchObject({ exitCode: 1, uplink: 'cable' });
      expect(other.live).toMatchObject({
        agrees: false,
        applied: false,
        ways: [{ agrees: true, dev: 'eth2' }],
        line: { loaded: false },
      });
      expect(other.live.drift).not.toEqual([]);

      place.policy(POLICY);
      await ip('link del eth3');
      await network.setDevice('eth3', 'there');
      const anew = await explain(network, WEB);
      expect(anew.live.ways[0].why[1]).toContain('`routec-link up eth3`');
      await network.router.run('nft', ['flush', 'table', 'inet', 'routec']);
      const flushed = await explain(network, WEB);
      expect(flushed).toMatchObject({ exitCode: 1, live: { agrees: false } });
      // Its element is there, and nothing looks it up.
      expect(flushed.live.line).toMatchObject({ loaded: true, doubtful: true });
      expect(flushed.live.line.doubts).toContainEqual(expect.stringContaining('choose'));
      const ipv6 = ['-qw', 'net.ipv6.conf.all.disable_ipv6=1'];
      await network.router.run('sysctl', ipv6);
      const four = await explain(network, 'tcp 81');
      expect(four.live.ways).toMatchObject([{ family: 4 }]);
      await network.router.run('nft', ['delete', 'table', 'inet', 'routec']);
      expect((await explain(network, WEB)).live.line).toMatchObject({ loaded: false });
    }),
);

/** Who is not root sees routes, rules and links, and is told that this is not all. */
async function asNobody(network: Network, policy: string): Promise<void> {
  const dist = join(place.folder, 'dist');
  cpSync(join(ROUTEC, '..'), dist, { recursive: true });
  chmodSync(place.folder, 0o755);
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  const words = ['explain', policy, WEB, '--live'];
  const { exitCode, stdout } = await place.run(network, [
    ...nobody,
    process.execPath,
    join(dist, 'routec.js'),
    ...words,
  ]);
  expect(stdout).toContain('not all of the running kernel could be seen:');
  expect(stdout).toMatch(
    /^ {2}asked +ip -4 route get .*\n +leaves by eth3 via 1\.2\.3\.4, by table/m,
  );
  expect(stdout).toContain('policy.route:5 may be in the ruleset: that was not seen');
  expect(stdout).toMatch(/^not seen: the ruleset, .*: only root sees them$/m);
  expect(exitCode).toBe(2);
}
