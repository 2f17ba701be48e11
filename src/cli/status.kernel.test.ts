import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Artefacts } from '../lab/artefacts.ts';
import { type Network, withNetwork } from '../lab/network.ts';
import { runPackets } from '../lab/packets.ts';
import { ROUTEC } from '../lab/place.ts';
import { readPackets } from '../lab/read-packets.ts';

const PACKETS = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/kill-switch/packets.json'), 'utf8'),
);

const POLICY = [
  'uplink cable dev eth2 gateway 198.51.100.1, 2001:db8:a::1 address 198.51.100.2/24 masquerade',
  'uplink dsl   dev eth3 gateway 1.2.3.4, 2001:db8:b::1      address 1.2.3.3/24      masquerade',
  'route host 192.168.0.228 tcp 80 via dsl',
  'route ipv4 udp via balance cable 3, dsl 1',
  'route ipv4 mark 1/1 tcp 80 via drop',
  'route ipv4 tcp 81 via cable else dsl',
];

let place = '';
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'routec-status-'));
  mkdirSync(join(place, 'run'));
  writeFileSync(join(place, 'policy.route'), `${POLICY.join('\n')}\n`);
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

/** Runs a command on the router, with records of its own. */
function onRouter({ router }: Network, ...command: readonly string[]) {
  const env = [`ROUTEC_RUN=${place}/run/routec`, `ROUTEC_LIB=${place}/lib`, 'NO_COLOR=1'];
  const words = ['netns', 'exec', router.name, 'env', ...env, ...command];
  return execa('ip', words, { reject: false, input: '', cwd: place });
}
const routec = (network: Network, ...args: readonly string[]) =>
  onRouter(network, process.execPath, ROUTEC, ...args);

async function status(network: Network, ...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await routec(network, 'status', '--json', ...args);
  expect(stderr).toBe('');
  return { exitCode, ...JSON.parse(stdout) };
}

async function send(network: Network, steps: readonly unknown[]): Promise<void> {
  const { network: plan } = PACKETS;
  const files: Artefacts = {
    folder: '',
    base: 'policy',
    names: new Set(),
    backend: 'nft',
    uplinks: [],
  };
  const packets = readPackets(JSON.stringify({ network: plan, steps }));
  expect(await runPackets(network, files, packets.steps)).toEqual([]);
}

const PLAN = readPackets(JSON.stringify({ network: PACKETS.network, steps: [] })).network;
/** From ports of their own: the kernel draws one of them twice in every 36th run, and that is one connection. */
const FORTY = `IO::Socket::INET->new(Proto => 'udp', LocalPort => 4000 + $_, PeerAddr => '203.0.113.80:7')
  ->send("\\n") for 1..40`;
const WEB = { tcp: '192.168.0.228 -> 203.0.113.80:80', leaves: 'eth3', as: '1.2.3.3' };

it(
  'tells of uplinks, lines, shares, and of all that is not as it was loaded',
  {
    timeout: 300_000,
  },
  () =>
    withNetwork(PLAN, async (network) => {
      const run = (...words: readonly string[]) =>
        network.router.run(words[0] ?? '', words.slice(1));
      expect(await routec(network, 'status')).toMatchObject({ exitCode: 2 });
      const before = await routec(network, 'status', 'policy.route');
      expect(before).toMatchObject({ exitCode: 1 });
      expect(before.stdout).toContain('none of it is loaded');
      expect(await routec(network, 'apply', 'policy.route', '--yes')).toMatchObject({
        exitCode: 0,
      });
      await send(network, [
        WEB,
        { ...WEB, tcp: '192.168.0.10 -> 203.0.113.80:81', leaves: 'eth2', as: '198.51.100.2' },
      ]);
      await network.lans.get('lan0')?.run('perl', ['-MIO::Socket', '-e', FORTY]);

      const well = await status(network);
      expect(well).toMatchObject({
        exitCode: 0,
        well: true,
        loaded: true,
        applied: true,
        drift: [],
        unread: [],
      });
      expect(well.uplinks).toMatchObject([
        { name: 'cable', state: 'up', families: [{ gateway: '198.51.100.1' }, { family: 6 }] },
        { name: 'dsl', state: 'up', arrived: 0 },
      ]);
      expect(well.uplinks[1].sent.packets).toBeGreaterThan(3);
      const [web, udp, , ordered] = well.rules;
      expect(web).toMatchObject({
        line: 3,
        packets: 1,
        bytes: 60,
        outcomes: ['dsl'],
        alone: false,
      });
      expect(udp).toMatchObject({ line: 4, packets: 40 });
      expect(ordered).toMatchObject({ line: 6, packets: 1, outcomes: ['cable else dsl'] });
      const [balance] = well.balances;
      const [cable, dsl] = balance.members;
      expect(cable).toMatchObject({ weight: 3, asked: 0.75 });
      expect(cable.chosen + dsl.chosen).toBe(40);
      expect(cable.share).toBeGreaterThan(0.5);
      const chosen = well.uplinks.reduce(
        (sum: number, { open }: { open: number }) => sum + open,
        0,
      );
      expect(chosen).toBe(42);
      expect(well.orders[0].left[0]).toMatchObject({ outcome: 'cable' });

      // A look a second, each on a line, until Ctrl-C; it ends as the last one would have.
      const watching = onRouter(network, process.execPath, ROUTEC, 'status', '--watch', '--json');
      let lines = 0;
      for await (const line of watching) {
        lines += line === '' ? 0 : 1;
        if (lines === 2) watching.kill('SIGINT');
      }
      const watched = await watching;
      expect(watched).toMatchObject({ exitCode: 0, stderr: '' });
      const looks = watched.stdout.split('\n').map((line) => JSON.parse(line));
      expect(looks.length).toBeGreaterThanOrEqual(2);
      for (const look of looks) expect(look).toMatchObject({ version: 1, well: true });

      // Counts outlive a reload.
      writeFileSync(
        join(place, 'policy.route'),
        `${[...POLICY, 'route host 192.0.2.9 via dsl'].join('\n')}\n`,
      );
      expect(await routec(network, 'apply', 'policy.route', '--yes')).toMatchObject({
        exitCode: 0,
      });
      await send(network, [WEB]);
      expect((await status(network)).rules).toMatchObject([
        { packets: 2 },
        { packets: 40 },
        {},
        {},
        { line: 7, packets: 0 },
      ]);

      // A policy that is not applied yet has the counts of the lines that it shares with what runs.
      const other = [...POLICY.slice(0, 3), 'route ipv4 udp 9 via dsl', ...POLICY.slice(3)];
      writeFileSync(join(place, 'other.route'), `${other.join('\n')}\n`);
      const unlike = await status(network, 'other.route');
      expect(unlike).toMatchObject({ exitCode: 1, applied: false });
      expect(unlike.rules).toMatchObject([
        { line: 3, packets: 2 },
        { line: 4, packets: 0 },
        { line: 5, packets: 40 },
        {},
        {},
      ]);
      expect(unlike.balances[0].members[0].chosen).toBe(null);

      await run('ip', 'rule', 'del', 'pref', '6002');
      await run('ip', 'rule', 'add', 'pref', '6050', 'lookup', 'main');
      await run('ip', 'route', 'add', '203.0.113.9', 'dev', 'lo', 'table', '6001');
      await run('ip', 'route', 'del', 'default', 'table', '6002');
      const elsewhere = 'default via 1.2.3.99 dev eth3 onlink table 6502 proto 214';
      await run('ip', 'route', 'replace', ...elsewhere.split(' '));
      await run('ip', 'rule', 'add', 'pref', '6950', 'lookup', 'main', 'protocol', '214');
      await run('sysctl', '-qw', 'net.ipv4.conf.eth3.rp_filter=1');
      await run('ip', 'link', 'set', 'lan1', 'group', '6000');
      await run('nft', 'flush', 'chain', 'inet', 'routec', 'bypass_own');
      await run('nft', 'add', 'chain', 'inet', 'routec', 'mine');
      const drifted = await status(network, 'policy.route');
      expect(drifted).toMatchObject({ exitCode: 1, well: false });
      const told = drifted.drift.map(
        ({ kind, what, family, text }: Record<string, string>) =>
          `${kind} ${what}${family ?? ''} ${text}`,
      );
      expect(told.join('\n')).toMatch(/^missing rule4 pref 6002 /m);
      expect(told).toContain('changed setting net/ipv4/conf/eth3/rp_filter=1');
      expect(told.join('\n')).toMatch(/^foreign rule4 pref 6050 lookup main( protocol 3)?$/m);
      expect(told.join('\n')).toMatch(/^foreign route4 203\.0\.113\.9 dev lo .*table 6001/m);
      expect(told).toContain('foreign device lan1: group 6000');
      expect(told.join('\n')).toMatch(/^changed route4 default via 1\.2\.3\.99 .* table 6502/m);
      expect(told.join('\n')).toMatch(/^extra rule4 pref 6950 lookup main protocol 214$/m);
      expect(told).toContain('missing ruleset chain bypass_own: ip6 daddr fe80::/10 accept');
      expect(told).toContain('extra ruleset chain mine');
      expect(told.join('\n')).not.toMatch(/missing route/);
      expect(drifted.uplinks[1]).toMatchObject({
        state: 'impaired',
        families: [{ state: 'down', reason: 'withdrawn' }, { state: 'up' }],
      });

      await network.setCarrier('eth2', 'down');
      expect((await status(network)).uplinks[0].families[0]).toMatchObject({
        reason: 'no-carrier',
        why: 'eth2 has no carrier',
      });
      await network.setLink('eth2', 'down');
      await network.setDevice('eth3', 'gone');
      const text = (await routec(network, 'status')).stdout;
      expect(text).toMatch(/^cable +eth2 +down +198\.51\.100\.1 .*eth2 is switched off$/m);
      expect(text).toMatch(/^dsl +eth3 +down .*there is no device eth3$/m);
      expect(text).toMatch(
        /^policy\.route:3 +2 +\d+ B +\d+\+ +route host 192\.168\.0\.228 tcp 80 via dsl$/m,
      );
      expect(text).toMatch(/^ {2}extra ruleset: chain mine$/m);
    }),
);

it(
  'counts by line, by member and by tier with iptables, too, in sets and out of them',
  {
    timeout: 60_000,
  },
  () =>
    withNetwork(PLAN, async (network) => {
      // Too many to be tested one by one.
      const many = Array.from({ length: 70 }, (_, at) => {
        return `route ipv4 from 10.1.0.${at + 1} via balance cable 3, dsl 1`;
      });
      const last = 'route ipv4 from 192.168.0.0/24 via balance cable 3, dsl 1';
      const lines = [...POLICY.slice(0, 3), POLICY[5], ...many, last];
      writeFileSync(join(place, 'policy.route'), `${lines.join('\n')}\n`);
      expect(
        await routec(network, 'compile', 'policy.route', '--backend', 'iptables'),
      ).toMatchObject({
        exitCode: 0,
      });
      const loaded = await onRouter(network, 'sh', 'policy.load.sh', 'start');
      expect(loaded, loaded.stderr).toMatchObject({ exitCode: 0 });
      await send(network, [
        WEB,
        { ...WEB, tcp: '192.168.0.10 -> 203.0.113.80:81', leaves: 'eth2', as: '198.51.100.2' },
      ]);
      await network.lans.get('lan0')?.run('perl', ['-MIO::Socket', '-e', FORTY]);

      const told = await status(network);
      expect(told).toMatchObject({
        exitCode: 0,
        well: true,
        loaded: true,
        applied: true,
        drift: [],
        unread: [],
      });
      const [web, ordered, ...others] = told.rules;
      expect(web).toMatchObject({ line: 3, packets: 1, outcomes: ['dsl'] });
      expect(ordered).toMatchObject({ line: 4, packets: 1 });
      expect(others.pop()).toMatchObject({ text: last, packets: 40 });
      expect(others).toHaveLength(70);
      for (const { packets } of others) expect(packets).toBe(0);
      const [{ members }] = told.balances;
      // Line 4 has the order of the first member.
      const connections = 1 + members[0].chosen;
      expect(told.orders[0].left[0]).toMatchObject({ outcome: 'cable', connections });
      expect(members[0].chosen + members[1].chosen).toBe(40);
      expect(members[0].share).toBeGreaterThan(0.5);

      // Whatever adds to a set by hand is nobody's.
      const { stdout } = await onRouter(network, 'ipset', 'list', '-n');
      const [set = ''] = stdout.split('\n').filter((name) => name.startsWith('routec-'));
      await onRouter(network, 'ipset', 'add', set, '10.9.9.9');
      const strange = await status(network);
      expect(strange.rules.at(-1)).toMatchObject({ packets: null });
      expect(strange.unread.join()).toContain(`the counts of \`${set}\``);
      expect(strange.drift).toMatchObject([
        { kind: 'extra', what: 'ruleset', text: `set ${set}: add ${set} 10.9.9.9` },
      ]);
    }),
);
