import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Artefacts, findArtefacts } from '../lab/artefacts.ts';
import { DISCARD_PORT } from '../lab/internet.ts';
import { type Network, withNetwork } from '../lab/network.ts';
import type { NetworkPlan } from '../lab/network-plan.ts';
import { runPackets } from '../lab/packets.ts';
import { readPackets } from '../lab/read-packets.ts';
import { startScript } from '../lab/start-script.ts';
import { state } from '../lab/state.ts';

/** The bundle as it ships: `npm test` builds it first. */
const ROUTEC = join(import.meta.dirname, '../../dist/routec.js');
const LAB = join(import.meta.dirname, '../lab');

const UPLINKS = [
  'uplink cable dev eth2 gateway 198.51.100.1, 2001:db8:a::1 address 198.51.100.2/24 masquerade',
  'uplink dsl   dev eth3 gateway 1.2.3.4, 2001:db8:b::1      address 1.2.3.3/24      masquerade',
];
/** One host is confined to `dsl` in each of them. */
const KEPT = [
  'set kept = 192.168.0.228, fd00:0:0:1::228',
  'route from @kept tcp 25 via drop',
  'route from @kept via dsl',
];
const FIRST = [...UPLINKS, ...KEPT];
/** Other rules, other shapes, another order, an uplink more. */
const SECOND = [
  ...UPLINKS,
  'uplink spare dev lan1 gateway 192.168.1.10',
  'route from @kept udp 7-9 to 203.0.113.0/24 via dsl',
  'route from 192.168.0.10 udp 8 via dsl else cable',
  ...KEPT,
  'route from 192.168.0.10 tcp 80 via spare',
];
const KEPT_WEB = { tcp: '192.168.0.228 -> 203.0.113.80:80', leaves: 'eth3', as: '1.2.3.3' };
const KEPT_WEB6 = { tcp: 'fd00:0:0:1::228 -> [2001:db8:f::80]:80', leaves: 'eth3' };

const NETWORK: NetworkPlan = readPackets(
  JSON.stringify({
    network: JSON.parse(
      readFileSync(join(import.meta.dirname, '../../fixtures/kill-switch/packets.json'), 'utf8'),
    ).network,
    steps: [],
  }),
).network;
const NOTHING: Artefacts = {
  folder: '',
  base: 'policy',
  names: new Set(),
  backend: 'nft',
  uplinks: [],
};

let place = '';
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'routec-apply-'));
  mkdirSync(join(place, 'tools'));
  cpSync(join(LAB, 'tool-wrapper.sh'), join(place, 'wrapper'));
  chmodSync(join(place, 'wrapper'), 0o755);
  for (const tool of ['ip', 'nft', 'sysctl', 'conntrack']) {
    symlinkSync('../wrapper', join(place, 'tools', tool));
  }
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

interface Ended {
  readonly exitCode: number | undefined;
  readonly signal?: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}
type Env = Readonly<Record<string, string>>;

/** One policy, kept under one name with its numbers. */
function policy(lines: readonly string[]): string {
  const path = join(place, 'policy.route');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

/** What starts routec on a router, with records of its own. */
const words = ({ router }: Network, args: readonly string[], more: Env = {}): string[] => {
  const env = {
    NO_COLOR: '1',
    ROUTEC_RUN: join(place, 'run/routec'),
    ROUTEC_LIB: join(place, 'lib'),
    ...more,
  };
  const set = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return ['netns', 'exec', router.name, 'env', ...set, process.execPath, ROUTEC, ...args];
};
const routec = async (network: Network, args: readonly string[], more?: Env): Promise<Ended> => {
  mkdirSync(join(place, 'run'), { recursive: true });
  const options = { reject: false, input: '' } as const;
  return (await execa('ip', words(network, args, more), options)) as Ended;
};

/** With one call of a tool gone wrong. */
const wrapped = (what: 'kill' | 'half' | 'fail', at: number): Env => {
  writeFileSync(join(place, 'count'), '0\n');
  writeFileSync(join(place, 'at'), `${at} ${what}\n`);
  return { PATH: `${join(place, 'tools')}:${process.env.PATH}` };
};

const ask = (network: Network, steps: readonly unknown[]): Promise<string[]> => {
  const plan = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../fixtures/kill-switch/packets.json'), 'utf8'),
  );
  const packets = readPackets(JSON.stringify({ network: plan.network, steps }));
  return runPackets(network, NOTHING, packets.steps);
};

/** Of each family, 125 times a second: the tools have to get their turn. */
const AT_ONCE = '4';

/** New flows of the confined host, in both families, as long as something is done; where they went. */
async function underTraffic(network: Network, work: () => Promise<void>) {
  const lan = network.lans.get('lan0');
  if (lan === undefined) throw new Error('the network has no lan0');
  const flood = (from: string, to: string) =>
    startScript(lan, new URL('../lab/flood.mjs', import.meta.url), [
      ...[from, to, `${DISCARD_PORT}`],
      AT_ONCE,
    ]);
  const before = await Promise.all(['eth2', 'eth3'].map(network.seen));
  const floods = await Promise.all([
    flood('192.168.0.228', '203.0.113.80'),
    flood('fd00:0:0:1::228', '2001:db8:f::80'),
  ]);
  try {
    await work();
  } finally {
    await Promise.all(floods.map(({ stop }) => stop()));
  }
  const after = await Promise.all(['eth2', 'eth3'].map(network.seen));
  const [wrong, right] = after.map((each, at) => each.begun - (before[at]?.begun ?? 0));
  return { wrong, right };
}

const settings = async ({ router }: Network): Promise<string> =>
  router.run('sysctl', [
    ...['net.ipv4.icmp_errors_use_inbound_ifaddr', 'net.ipv4.conf.eth3.rp_filter'],
    'net.ipv4.conf.eth3.ignore_routes_with_linkdown',
  ]);

/** Milliseconds: some of these call routec a dozen times. */
const LONG = 300_000;

describe('routec apply', { timeout: LONG }, () => {
  it('loads, does nothing the second time, goes back, and takes all away', () =>
    withNetwork(NETWORK, async (network) => {
      const bare = { kernel: await state(network.router), settings: await settings(network) };
      const first = policy(FIRST);
      const dry = await routec(network, ['apply', first, '--dry-run']);
      expect(dry).toMatchObject({ exitCode: 0 });
      expect(dry.stdout).toMatch(/^ip -4 -batch - <<'ROUTEC'\n.*\nrule add pref 6999 /ms);
      expect(await state(network.router)).toEqual(bare.kernel);
      expect(await routec(network, ['apply', first])).toMatchObject({ exitCode: 2 });
      expect(await routec(network, ['apply', first, '--yes'])).toMatchObject({ exitCode: 0 });
      expect(await ask(network, [KEPT_WEB, KEPT_WEB6])).toEqual([]);
      const loaded = await state(network.router);
      const again = await routec(network, ['apply', first, '--yes']);
      expect(again).toMatchObject({
        exitCode: 0,
        stdout: 'nothing to do: what is live is what is wanted',
      });
      expect(await state(network.router)).toEqual(loaded);

      const second = policy(SECOND);
      expect(await routec(network, ['apply', second, '--yes'])).toMatchObject({ exitCode: 0 });
      const counters = JSON.parse(readFileSync(join(place, 'run/routec/counters.json'), 'utf8'));
      // Each of the two flows was counted once, by the one line that took both.
      expect(Object.values(counters.counters).map((count) => (count as number[])[0])).toEqual([2]);
      expect(await ask(network, [KEPT_WEB, KEPT_WEB6])).toEqual([]);
      expect(await routec(network, ['rollback', '--yes'])).toMatchObject({ exitCode: 0 });
      expect(await state(network.router)).toEqual(loaded);
      expect(await routec(network, ['plan', policy(FIRST)])).toMatchObject({
        stdout: 'nothing to do: what is live is what is wanted',
      });

      expect(existsSync(join(place, 'lib/good/policy.manifest.json'))).toBe(true);
      expect(await routec(network, ['down'])).toMatchObject({ exitCode: 2 });
      expect(await routec(network, ['down', '--yes'])).toMatchObject({ exitCode: 0 });
      expect(await state(network.router)).toEqual(bare.kernel);
      expect(await settings(network)).toBe(bare.settings);
      expect(existsSync(join(place, 'lib/good'))).toBe(false);
    }));

  it('carries a saved plan out, unless the router has changed since', () =>
    withNetwork(NETWORK, async (network) => {
      const saved = join(place, 'plan.json');
      expect(await routec(network, ['plan', policy(FIRST), '-o', saved])).toMatchObject({
        exitCode: 0,
      });
      await network.setLink('eth3', 'down');
      const stale = await routec(network, ['apply', saved, '--yes']);
      expect(stale).toMatchObject({ exitCode: 1 });
      expect(stale.stderr).toContain('the plan is stale');
      await network.setLink('eth3', 'up');
      expect(await routec(network, ['apply', saved, '--yes'])).toMatchObject({ exitCode: 0 });
      expect(await ask(network, [KEPT_WEB])).toEqual([]);
      expect(await routec(network, ['apply', saved, '--yes'])).toMatchObject({ exitCode: 1 });
    }));

  it('leaves an uplink out whose device is not there, and says so', () =>
    withNetwork(NETWORK, async (network) => {
      const lines = [
        ...FIRST,
        'uplink lte dev wwan0 gateway 203.0.113.129',
        'route to 192.0.2.9 via lte',
      ];
      const applied = await routec(network, ['apply', policy(lines), '--yes']);
      expect(applied).toMatchObject({ exitCode: 0 });
      expect(applied.stdout).toContain('left out: uplink lte: there is no device wwan0 now');
      expect(await routec(network, ['plan', policy(lines)])).toMatchObject({ exitCode: 0 });
      expect(await ask(network, [KEPT_WEB])).toEqual([]);
    }));

  it('refuses numbers that mean another thing, and what everybody may write', () =>
    withNetwork(NETWORK, async (network) => {
      expect(await routec(network, ['apply', policy(FIRST), '--yes'])).toMatchObject({
        exitCode: 0,
      });
      const loaded = await state(network.router);
      const other = mkdtempSync(join(place, 'other-'));
      const turned = [UPLINKS[1], UPLINKS[0], ...KEPT].join('\n');
      writeFileSync(join(other, 'policy.route'), `${turned}\n`);
      await execa(process.execPath, [ROUTEC, 'compile', 'policy.route'], { cwd: other });
      const clash = await routec(network, ['apply', join(other, 'policy.route'), '--yes']);
      expect(clash).toMatchObject({ exitCode: 2 });
      expect(clash.stderr).toContain('slot 1 is to mean `dsl`, and it is `cable` that runs');
      // Without a manifest of its own it goes by the numbers that run.
      rmSync(join(other, 'policy.manifest.json'));
      const planned = await routec(network, ['plan', join(other, 'policy.route')]);
      expect(planned).toMatchObject({ exitCode: 0 });
      expect(planned.stdout).not.toContain('map slots');
      chmodSync(other, 0o777);
      const open = await routec(network, ['apply', join(other, 'policy.route'), '--yes']);
      expect(open).toMatchObject({ exitCode: 2 });
      expect(open.stderr).toContain('everybody may write into');
      expect(await state(network.router)).toEqual(loaded);
    }));

  it.each(['kitchen-sink', 'names', 'one-device', 'devices', 'transit'])(
    'finds nothing to do where %s is loaded, and leaves nothing behind',
    async (name) => {
      const folder = join(import.meta.dirname, '../../fixtures', name);
      const { uplinks = [] } = findArtefacts(folder) ?? {};
      const devices = [...new Set(uplinks.map(({ device }) => device))].map(
        (device, at) => [device, { addresses: [`10.214.${at}.2/24`], gateways: [] }] as const,
      );
      const plan = { lans: [], uplinks: Object.fromEntries(devices) };
      await withNetwork(plan, async (network) => {
        const bare = await state(network.router);
        const path = join(folder, 'policy.route');
        expect(await routec(network, ['apply', path, '--yes'])).toMatchObject({ exitCode: 0 });
        const again = await routec(network, ['plan', path]);
        expect(again.stdout.split('\n')[0]).toBe('nothing to do: what is live is what is wanted');
        expect(await routec(network, ['down', '--yes'])).toMatchObject({ exitCode: 0 });
        expect(await state(network.router)).toEqual(bare);
      });
    },
  );

  it('undoes all of it where a step fails', () =>
    withNetwork(NETWORK, async (network) => {
      const bare = { kernel: await state(network.router), settings: await settings(network) };
      for (const at of [1, 2, 6, 11]) {
        const failed = await routec(
          network,
          ['apply', policy(FIRST), '--yes'],
          wrapped('fail', at),
        );
        expect(failed, `step ${at}`).toMatchObject({ exitCode: 3 });
        expect(failed.stderr).toContain('no, says the wrapper');
        expect(await state(network.router), `step ${at}`).toEqual(bare.kernel);
        expect(await settings(network)).toBe(bare.settings);
      }
      expect(await routec(network, ['apply', policy(FIRST), '--yes'])).toMatchObject({
        exitCode: 0,
      });
      const loaded = await state(network.router);
      for (const at of [2, 5, 6, 7]) {
        const failed = await routec(
          network,
          ['apply', policy(SECOND), '--yes'],
          wrapped('fail', at),
        );
        expect(failed, `step ${at}`).toMatchObject({ exitCode: 3 });
        expect(await state(network.router), `step ${at}`).toEqual(loaded);
      }
    }));
});

describe('routec apply, killed', { timeout: LONG }, () => {
  it.each(['kill', 'half'] as const)(
    '%s: at each step in turn, leaks nothing and converges',
    (how) =>
      withNetwork(NETWORK, async (network) => {
        expect(await routec(network, ['apply', policy(FIRST), '--yes'])).toMatchObject({
          exitCode: 0,
        });
        const first = await state(network.router);
        const second = policy(SECOND);
        let kills = 0;
        const { wrong, right } = await underTraffic(network, async () => {
          for (; kills < 60; kills += 1) {
            // Half a step leaves the rest of it to the next: then it is the first that is killed again.
            const at = how === 'kill' ? 1 : (kills % 12) + 1;
            const ended = await routec(network, ['apply', second, '--yes'], wrapped(how, at));
            if (ended.exitCode === 0) break;
            expect(ended.stderr, `kill ${kills}`).not.toContain('error');
          }
        });
        expect(kills).toBeGreaterThan(3);
        expect(wrong).toBe(0);
        expect(right).toBeGreaterThan(500);
        const settled = await state(network.router);
        expect(settled).not.toEqual(first);
        expect(await ask(network, [KEPT_WEB, KEPT_WEB6])).toEqual([]);
        // What was before all that is still known.
        expect(await routec(network, ['rollback', '--yes'])).toMatchObject({ exitCode: 0 });
        expect(await state(network.router)).toEqual(first);
        expect(await routec(network, ['apply', second, '--yes'])).toMatchObject({ exitCode: 0 });
        expect(await state(network.router)).toEqual(settled);
      }),
  );
});

describe('routec apply, under traffic', { timeout: LONG }, () => {
  it('misroutes nothing while it reloads', () =>
    withNetwork(NETWORK, async (network) => {
      expect(await routec(network, ['apply', policy(FIRST), '--yes'])).toMatchObject({
        exitCode: 0,
      });
      const { wrong, right } = await underTraffic(network, async () => {
        for (const lines of [SECOND, FIRST, SECOND, FIRST]) {
          expect(await routec(network, ['apply', policy(lines), '--yes'])).toMatchObject({
            exitCode: 0,
          });
        }
      });
      expect(wrong).toBe(0);
      expect(right).toBeGreaterThan(500);
    }));
});

describe('routec apply --confirm', { timeout: LONG }, () => {
  /** Another login: another session, by another connection. */
  const elsewhere = (network: Network, args: readonly string[]) =>
    execa(
      'setsid',
      ['-w', 'ip', ...words(network, args, { SSH_CONNECTION: '192.0.2.9 1 192.0.2.1 22' })],
      {
        reject: false,
        input: '',
      },
    );
  const pending = (): { deadline?: string } | undefined => {
    const path = join(place, 'run/routec/pending.json');
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).pending : undefined;
  };
  const waits = () => expect.poll(() => pending()?.deadline, { timeout: 60_000 }).toBeDefined();

  it('takes it back when nobody confirms', () =>
    withNetwork(NETWORK, async (network) => {
      const bare = await state(network.router);
      const args = ['apply', policy(FIRST), '--yes', '--confirm', '1s'];
      expect(await routec(network, args)).toMatchObject({ exitCode: 5 });
      expect(await state(network.router)).toEqual(bare);
      expect(existsSync(join(place, 'lib/good'))).toBe(false);
      expect(await routec(network, ['confirm'])).toMatchObject({ exitCode: 2 });
    }));

  it('keeps it when another login confirms, and believes no other', () =>
    withNetwork(NETWORK, async (network) => {
      const applying = routec(network, ['apply', policy(FIRST), '--yes', '--confirm', '10m']);
      await waits();
      const same = await routec(network, ['confirm']);
      expect(same).toMatchObject({ exitCode: 2 });
      expect(same.stderr).toContain('this is the login that applied it');
      const twice = await routec(network, ['apply', policy(SECOND), '--yes']);
      expect(twice.stderr).toContain('still waits to be confirmed');
      expect(await elsewhere(network, ['confirm'])).toMatchObject({ exitCode: 0 });
      expect(await applying).toMatchObject({ exitCode: 0 });
      expect(await ask(network, [KEPT_WEB])).toEqual([]);
      expect(existsSync(join(place, 'lib/good/policy.manifest.json'))).toBe(true);
    }));

  it('takes it back though the one who applied was killed: on the way, or while it waited', () =>
    withNetwork(NETWORK, async (network) => {
      const bare = await state(network.router);
      const args = ['apply', policy(FIRST), '--yes', '--confirm', '3s'];
      await routec(network, args, wrapped('half', 7));
      expect(await state(network.router)).not.toEqual(bare);
      await expect.poll(() => state(network.router), { timeout: 90_000 }).toEqual(bare);
      await expect.poll(pending, { timeout: 60_000 }).toBeUndefined();

      const applying = execa('ip', words(network, args), { reject: false, input: '' });
      await waits();
      applying.kill('SIGKILL');
      await applying;
      expect(await state(network.router)).not.toEqual(bare);
      await expect.poll(() => state(network.router), { timeout: 90_000 }).toEqual(bare);
    }));
});
