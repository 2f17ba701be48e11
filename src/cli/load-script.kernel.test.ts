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
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackendName } from '../emit/backends.ts';
import { DISCARD_PORT } from '../lab/internet.ts';
import { type Network, withNetwork } from '../lab/network.ts';
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
const PACKETS = [
  { tcp: '192.168.0.228 -> 203.0.113.80:80', leaves: 'eth3', as: '1.2.3.3' },
  { tcp: 'fd00:0:0:1::228 -> [2001:db8:f::80]:80', leaves: 'eth3' },
];

const plan = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/kill-switch/packets.json'), 'utf8'),
);
const packets = readPackets(JSON.stringify({ network: plan.network, steps: PACKETS }));
const NETWORK = packets.network;

let place = '';
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'routec-load-'));
  for (const folder of ['run', 'tools', 'busybox']) mkdirSync(join(place, folder));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

interface Ended {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}
type Env = Readonly<Record<string, string>>;

/** A folder with the artefacts of a policy, whose numbers go on from the one before. */
async function compiled(lines: readonly string[], backend: BackendName = 'nft'): Promise<string> {
  const folder = join(place, 'policy');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'policy.route'), `${lines.join('\n')}\n`);
  await execa(process.execPath, [ROUTEC, 'compile', 'policy.route', '--backend', backend], {
    cwd: folder,
  });
  return join(folder, 'policy.load.sh');
}

/** What runs a command on a router, with records of its own. */
const words = ({ router }: Network, command: readonly string[], more: Env = {}): string[] => {
  const env = {
    NO_COLOR: '1',
    ROUTEC_RUN: join(place, 'run/routec'),
    ROUTEC_LIB: join(place, 'lib'),
    ...more,
  };
  const set = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return ['netns', 'exec', router.name, 'env', ...set, ...command];
};
const onRouter = async (network: Network, command: readonly string[], more?: Env): Promise<Ended> =>
  (await execa('ip', words(network, command, more), { reject: false, input: '' })) as Ended;
const routec = (network: Network, ...args: readonly string[]): Promise<Ended> =>
  onRouter(network, [process.execPath, ROUTEC, ...args]);

/** A shell, with the tools that come with it. */
interface Shell {
  readonly command: readonly string[];
  readonly env?: Env;
}
const DASH: Shell = { command: ['dash'] };
/** All of busybox but its `ip`, which knows no batch, and its `unshare`, of which the shell is not needed. */
async function busybox(): Promise<Shell> {
  const { stdout } = await execa('busybox', ['--list']);
  const tool = '/usr/bin/busybox';
  for (const applet of stdout.split('\n').filter((each) => each !== 'ip')) {
    symlinkSync(tool, join(place, 'busybox', applet));
  }
  return {
    command: [tool, 'sh'],
    env: { PATH: `${join(place, 'busybox')}:${process.env.PATH}` },
  };
}

/** With one call of a tool gone wrong. */
const wrapped = (what: 'kill' | 'half' | 'fail', at: number): Env => {
  cpSync(join(LAB, 'tool-wrapper.sh'), join(place, 'wrapper'));
  chmodSync(join(place, 'wrapper'), 0o755);
  for (const tool of ['ip', 'nft', 'sysctl', 'conntrack']) {
    if (!existsSync(join(place, 'tools', tool))) {
      symlinkSync('../wrapper', join(place, 'tools', tool));
    }
  }
  writeFileSync(join(place, 'count'), '0\n');
  writeFileSync(join(place, 'at'), `${at} ${what}\n`);
  return { PATH: `${join(place, 'tools')}:${process.env.PATH}` };
};

const ask = (network: Network): Promise<string[]> => {
  const nothing = { folder: '', base: 'policy', names: new Set<string>(), uplinks: [] } as const;
  return runPackets(network, { ...nothing, backend: 'nft' }, packets.steps);
};

/** All that a policy may change on the router. */
async function all(network: Network): Promise<unknown> {
  const settings = await network.router.run('sysctl', [
    'net.ipv4.icmp_errors_use_inbound_ifaddr',
    ...['eth2', 'eth3', 'lan1'].flatMap((device) => [
      `net.ipv4.conf.${device}.rp_filter`,
      `net.ipv4.conf.${device}.ignore_routes_with_linkdown`,
      `net.ipv6.conf.${device}.ignore_routes_with_linkdown`,
    ]),
  ]);
  return { kernel: await state(network.router), settings };
}

const NOTHING_TO_DO = 'nothing to do: what is live is what is wanted';

describe('policy.load.sh', () => {
  it.each(['dash', 'busybox'])('loads what `routec apply` loads, by %s', (name) =>
    withNetwork(NETWORK, async (network) => {
      const { command, env } = name === 'dash' ? DASH : await busybox();
      const policy = join(place, 'policy/policy.route');
      const bare = await all(network);
      let script = await compiled(FIRST);
      const load = (...args: readonly string[]) =>
        onRouter(network, [...command, script, ...args], env);

      expect(await load('status')).toMatchObject({
        exitCode: 1,
        stdout: 'nothing of routec is live',
      });
      expect(await routec(network, 'apply', policy, '--yes')).toMatchObject({ exitCode: 0 });
      const first = await all(network);
      expect(await load('status')).toMatchObject({ exitCode: 0 });
      expect(await load('start')).toMatchObject({ exitCode: 0, stdout: NOTHING_TO_DO });
      expect(await load('stop')).toMatchObject({ exitCode: 0 });
      expect(await all(network)).toEqual(bare);

      expect(await load('start')).toMatchObject({ exitCode: 0 });
      expect(await all(network)).toEqual(first);
      expect(await ask(network)).toEqual([]);
      expect(await routec(network, 'plan', policy)).toMatchObject({ stdout: NOTHING_TO_DO });
      const kept = join(place, 'lib/good/policy.load.sh');
      expect(readFileSync(kept, 'utf8')).toBe(readFileSync(script, 'utf8'));

      script = await compiled(SECOND);
      expect(await load('status')).toMatchObject({ exitCode: 1 });
      expect(await load('reload')).toMatchObject({ exitCode: 0 });
      const second = await all(network);
      expect(await routec(network, 'plan', policy)).toMatchObject({ stdout: NOTHING_TO_DO });
      expect(await routec(network, 'rollback', '--yes')).toMatchObject({ exitCode: 0 });
      expect(await all(network)).toEqual(first);
      expect(await routec(network, 'apply', policy, '--yes')).toMatchObject({ exitCode: 0 });
      expect(await all(network)).toEqual(second);
      expect(await load('stop')).toMatchObject({ exitCode: 0 });
      expect(await all(network)).toEqual(bare);
      expect(existsSync(join(place, 'lib/good'))).toBe(false);
    }),
  );

  it('loads a ruleset for iptables, and `routec apply` lets it be', () =>
    withNetwork(NETWORK, async (network) => {
      let script = await compiled(FIRST, 'iptables');
      const load = (...args: readonly string[]) => onRouter(network, ['dash', script, ...args]);
      expect(await load('start')).toMatchObject({ exitCode: 0 });
      const first = await all(network);
      expect(await ask(network)).toEqual([]);
      expect(await load('start')).toMatchObject({ exitCode: 0, stdout: NOTHING_TO_DO });
      script = await compiled(SECOND, 'iptables');
      expect(await load('reload')).toMatchObject({ exitCode: 0 });
      expect(await ask(network)).toEqual([]);
      expect(await all(network)).not.toEqual(first);
      await network.router.run('iptables', ['-t', 'mangle', '-D', 'OUTPUT', '-j', 'routec-output']);
      const { exitCode, stdout } = await load('status');
      expect({ exitCode, stdout }).toEqual({
        exitCode: 1,
        stdout: 'missing: jump to routec-output in iptables mangle OUTPUT',
      });
      script = await compiled(FIRST, 'iptables');
      expect(await load('start')).toMatchObject({ exitCode: 0 });
      expect(await load('status')).toMatchObject({ exitCode: 0 });
      for (const command of [
        ['down'],
        ['apply', join(place, 'policy/policy.route'), '--backend', 'nft'],
      ]) {
        const refused = await routec(network, ...command, '--yes');
        expect(refused).toMatchObject({ exitCode: 2 });
        expect(refused.stderr).toContain('what runs was loaded for iptables');
      }
      expect(await load('stop')).toMatchObject({ exitCode: 0 });
      // The built-in chains stay, empty.
      expect(JSON.stringify(await all(network))).not.toMatch(/routec|6000|proto 21/);
    }));

  it('undoes all of it where a step fails, and loads nothing that it should not believe', () =>
    withNetwork(NETWORK, async (network) => {
      let script = await compiled(FIRST);
      const load = (env: Env, ...args: readonly string[]) =>
        onRouter(network, ['dash', script, ...args], env);
      const bare = await all(network);
      for (const at of [10]) {
        const failed = await load(wrapped('fail', at), 'start');
        expect(failed, `step ${at}`).toMatchObject({ exitCode: 3 });
        expect(failed.stderr).toContain('no, says the wrapper');
        expect(await all(network), `step ${at}`).toEqual(bare);
      }
      expect(await load({}, 'start')).toMatchObject({ exitCode: 0 });
      const first = await all(network);
      script = await compiled(SECOND);
      const failed = await load(wrapped('fail', 7), 'reload');
      expect(failed).toMatchObject({ exitCode: 3 });
      expect(await all(network)).toEqual(first);

      const nft = join(place, 'policy/policy.nft');
      chmodSync(nft, 0o666);
      expect((await load({}, 'start')).stderr).toContain(`${nft}: everybody may write into it`);
      chmodSync(nft, 0o644);
      chmodSync(join(place, 'policy'), 0o777);
      expect((await load({}, 'start')).stderr).toContain('everybody may write into it');
      chmodSync(join(place, 'policy'), 0o755);
      writeFileSync(nft, `${readFileSync(nft, 'utf8')}# and more\n`);
      const changed = await load({}, 'start');
      expect(changed).toMatchObject({ exitCode: 2 });
      expect(changed.stderr).toContain('policy.nft does not agree with its manifest');
      expect(await all(network)).toEqual(first);
    }));

  it('leaks nothing when it is killed at each step in turn, and converges', () =>
    withNetwork(NETWORK, async (network) => {
      let script = await compiled(FIRST);
      const load = (env: Env, ...args: readonly string[]) =>
        onRouter(network, ['dash', script, ...args], env);
      expect(await load({}, 'start')).toMatchObject({ exitCode: 0 });
      const first = await all(network);
      script = await compiled(SECOND);
      let kills = 0;
      const { wrong, right } = await underTraffic(network, async () => {
        for (; kills < 40; kills += 1) {
          const what = kills % 2 === 0 ? 'kill' : 'half';
          const ended = await load(wrapped(what, what === 'kill' ? 1 : (kills % 6) + 1), 'reload');
          if (ended.exitCode === 0) break;
          expect(ended.stderr, `kill ${kills}`).not.toContain('error');
        }
      });
      expect(kills).toBeGreaterThan(3);
      expect(wrong).toBe(0);
      expect(right).toBeGreaterThan(500);
      expect(await load({}, 'status')).toMatchObject({ exitCode: 0 });
      expect(await ask(network)).toEqual([]);
      // What was before all that is still known.
      expect(await routec(network, 'rollback', '--yes')).toMatchObject({ exitCode: 0 });
      expect(await all(network)).toEqual(first);
    }));
});

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

describe('routec.service', () => {
  it('loads at boot what was installed, with what its unit lets it do, and a hook the rest', () =>
    withNetwork(NETWORK, async (network) => {
      const script = await compiled(FIRST);
      const root = join(place, 'root');
      const installed = await routec(network, 'install', dirname(script), '--root', root, '--all');
      expect(installed).toMatchObject({ exitCode: 0 });
      const unit = readFileSync(join(root, 'etc/systemd/system/routec.service'), 'utf8');
      const command = /^ExecStart=\/bin\/sh -c '(.*)'$/m.exec(unit)?.[1] ?? '';
      const caps = (/^CapabilityBoundingSet=(.*)$/m.exec(unit)?.[1] ?? '').split(' ');
      const bounds = ['-all', ...caps.map((cap) => cap.replace('CAP_', '+').toLowerCase())].join();
      const good = join(root, 'var/lib/routec/good');
      await network.router.run('ip', ['link', 'set', 'eth3', 'down']);
      const boot = [
        ...['setpriv', `--bounding-set=${bounds}`, '--inh-caps=-all', '--no-new-privs'],
        ...['sh', '-c', command.replace('/var/lib/routec/good', good)],
      ];
      const started = await onRouter(network, boot, { ROUTEC_LIB: join(root, 'var/lib/routec') });
      expect(started).toMatchObject({ exitCode: 0 });
      expect(started.stdout).toContain('left out: uplink dsl: eth3 is down, so its routes wait');
      // The host is confined to it: its packets go nowhere else.
      const { wrong, right } = await underTraffic(network, async () => {
        await new Promise((resolve) => setTimeout(resolve, 500));
      });
      expect({ wrong, right }).toEqual({ wrong: 0, right: 0 });
      await network.router.run('ip', ['link', 'set', 'eth3', 'up']);
      await network.router.run('ip', [
        'addr',
        'replace',
        '2001:db8:b::3/64',
        'dev',
        'eth3',
        'nodad',
      ]);
      const link = join(root, 'usr/local/sbin/routec-link');
      expect(await onRouter(network, [link, 'up', 'eth3'], { ROUTEC_FOLDER: good })).toMatchObject({
        exitCode: 0,
      });
      expect(await ask(network)).toEqual([]);
    }));
});

describe('policy.load.sh start --confirm', () => {
  /** Another login: another session, by another connection. */
  const elsewhere = (network: Network, command: readonly string[]) =>
    execa('setsid', [
      ...['-w', 'ip'],
      ...words(network, command, { SSH_CONNECTION: '192.0.2.9 1 192.0.2.1 22' }),
    ]);
  const waits = (): Promise<void> =>
    expect
      .poll(
        () => {
          const path = join(place, 'run/routec/pending.json');
          return existsSync(path) && readFileSync(path, 'utf8').includes('"deadline"');
        },
        { timeout: 60_000 },
      )
      .toBe(true);

  it('takes it back when nobody confirms, whatever became of the files', () =>
    withNetwork(NETWORK, async (network) => {
      let script = await compiled(FIRST);
      const load = (...args: readonly string[]) => onRouter(network, ['dash', script, ...args]);
      expect(await load('start')).toMatchObject({ exitCode: 0 });
      const first = await all(network);
      script = await compiled(SECOND);
      const starting = load('start', '--confirm', '3');
      await waits();
      rmSync(join(place, 'policy'), { recursive: true });
      expect(await starting).toMatchObject({ exitCode: 5 });
      expect(await all(network)).toEqual(first);
      script = await compiled(FIRST);
      expect(await load('status')).toMatchObject({ exitCode: 0 });
      expect(await routec(network, 'confirm')).toMatchObject({ exitCode: 2 });
    }));

  it('keeps it when another login confirms, and believes no other', () =>
    withNetwork(NETWORK, async (network) => {
      const script = await compiled(FIRST);
      const load = (...args: readonly string[]) => onRouter(network, ['dash', script, ...args]);
      const starting = load('start', '--confirm', '600');
      await waits();
      const same = await load('confirm');
      expect(same).toMatchObject({ exitCode: 2 });
      expect(same.stderr).toContain('this is the login that loaded it');
      expect((await load('start')).stderr).toContain('still waits to be confirmed');
      expect(existsSync(join(place, 'lib/good'))).toBe(false);
      expect(await elsewhere(network, ['dash', script, 'confirm'])).toMatchObject({ exitCode: 0 });
      expect(await starting).toMatchObject({ exitCode: 0 });
      expect(existsSync(join(place, 'lib/good/policy.manifest.json'))).toBe(true);
    }));
});
