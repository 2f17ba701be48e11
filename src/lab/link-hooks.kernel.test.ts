import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Namespace } from './namespace.ts';
import { withNetwork } from './network.ts';
import { makePlace, type Place, ROUTEC } from './place.ts';

/** What is shipped for link hooks and DHCP clients, on a router with the artefacts of a fixture. */
const ROOT = join(import.meta.dirname, '../..');
const LINK = join(ROOT, 'deploy/routec-link');
const hook = (name: string): string => join(ROOT, 'deploy/hooks', name);
const DEVICE = 'wwan0';
const PLAN = {
  lans: [],
  uplinks: {
    [DEVICE]: {
      addresses: ['203.0.113.130/26', '2001:db8:c::2/64'],
      gateways: ['203.0.113.129', 'fe80::2'],
    },
  },
};
const SHELLS = { dash: ['dash'], busybox: ['busybox', 'sh'] } as const;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'routec-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A hook's environment: what is shipped is called where it lies, by its `#!` line. */
const settings = (): Record<string, string> => ({
  ROUTEC_FOLDER: join(ROOT, 'fixtures/devices'),
  ROUTEC_STATE: join(folder, 'state'),
  ROUTEC_LINK: LINK,
});

/** Runs a command on the router and gives its exit code. */
async function run(
  router: Namespace,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<number | undefined> {
  const { exitCode } = await execa('ip', ['netns', 'exec', router.name, ...command], {
    env: { ...settings(), ...env },
    reject: false,
  });
  return exitCode;
}

/** The gateways of the uplink's default routes: `TABLE via GATEWAY`. */
async function defaults(router: Namespace): Promise<string[]> {
  const all = await Promise.all(
    ['-4', '-6'].map(async (family) => {
      const words = ['-j', family, 'route', 'show', 'table', 'all', 'proto', '214', 'default'];
      const routes: { table: string; gateway?: string }[] = JSON.parse(
        (await router.run('ip', words)) || '[]',
      );
      return routes.map(({ table, gateway }) => `${table} via ${gateway}`).sort();
    }),
  );
  return all.flat();
}

/** The rules of the device's own addresses, each as `PREFERENCE SOURCE`, and the networks in its tables. */
async function ownLines(router: Namespace): Promise<string[]> {
  const lines = await Promise.all(
    ['-4', '-6'].map(async (family) => {
      const rules: { priority: number; src: string }[] = JSON.parse(
        await router.run('ip', [family, '-j', 'rule', 'show']),
      );
      const shown = await router.run('ip', [
        family,
        'route',
        'show',
        'table',
        'all',
        'proto',
        '214',
      ]);
      return [
        ...rules
          .filter(({ src }) => src !== 'all')
          .map(({ priority, src }) => `${priority} ${src}`),
        ...shown.split('\n').flatMap((line) => /^[^d ]\S*\/\d+ .*table \d+/.exec(line)?.[0] ?? []),
      ];
    }),
  );
  return lines.flat().sort();
}

const FOUR = ['6003 via 203.0.113.129', '6503 via 203.0.113.129'];
const SIX = ['6003 via fe80::2', '6503 via fe80::2'];

describe.each(Object.entries(SHELLS))('routec-link in %s', (_, shell) => {
  it('fills in what a lease says, keeps it, and takes it back', () =>
    withNetwork(PLAN, async ({ router }) => {
      const link = (...words: string[]) => run(router, [...shell, LINK, ...words]);
      expect(await link('up', DEVICE)).toBe(0);
      expect(await defaults(router)).toEqual([]);
      expect(await router.run('ip', ['-o', 'link', 'show', DEVICE])).toContain(' group 6000 ');

      expect(await link('lease', DEVICE, '203.0.113.129')).toBe(0);
      expect(await link('lease', DEVICE, 'fe80::2%wwan0')).toBe(0);
      expect(await defaults(router)).toEqual([...FOUR, ...SIX]);

      // What a monitor withdrew is withdrawn still when a lease is only renewed.
      await router.run('ip', ['route', 'del', 'default', 'table', '6003']);
      expect(await link('lease', DEVICE, '203.0.113.129')).toBe(0);
      expect(await defaults(router)).toEqual(['6503 via 203.0.113.129', ...SIX]);
      expect(await link('lease', DEVICE, '203.0.113.190')).toBe(0);
      expect((await defaults(router)).slice(0, 2)).toEqual([
        '6003 via 203.0.113.190',
        '6503 via 203.0.113.190',
      ]);

      await router.run('ip', ['link', 'set', DEVICE, 'down']);
      await router.run('ip', ['link', 'set', DEVICE, 'up']);
      expect(await defaults(router)).toEqual([]);
      expect(await link('up', DEVICE)).toBe(0);
      expect(await defaults(router)).toHaveLength(4);

      expect(await link('lost', DEVICE, '4')).toBe(0);
      expect(await defaults(router)).toEqual(SIX);
      expect(await link('lost', DEVICE, '4')).toBe(0);
      expect(await link('lost', DEVICE, '6')).toBe(0);
      expect(await link('up', DEVICE)).toBe(0);
      expect(await defaults(router)).toEqual([]);

      // Without a lease that it was told of: what main says of the same device.
      await router.run('ip', ['route', 'add', 'default', 'via', '203.0.113.129', 'dev', DEVICE]);
      expect(await link('up', DEVICE)).toBe(0);
      expect(await defaults(router)).toEqual(FOUR);
      // Neither does a link that is up still bring back what was withdrawn, but in place of another gateway.
      await router.run('ip', ['route', 'del', 'default', 'table', '6003']);
      expect(await link('up', DEVICE)).toBe(0);
      expect(await defaults(router)).toEqual(['6503 via 203.0.113.129']);
      expect(await link('lease', DEVICE, '203.0.113.190')).toBe(0);
      expect(await defaults(router)).toHaveLength(2);
      // A lease may leave it to its routes to name one (RFC 3442): what an older one named holds no more.
      expect(await link('lease', DEVICE, '203.0.113.190')).toBe(0);
      expect(await link('lease', DEVICE)).toBe(0);
      expect(await defaults(router)).toEqual(FOUR);
      await router.run('ip', ['route', 'del', 'default', 'dev', DEVICE]);
      expect(await link('lease', DEVICE)).toBe(0);
      expect(await defaults(router)).toEqual([]);
      // A device that no uplink has is none of its business.
      expect(await link('up', 'lo')).toBe(0);
      expect(await link('lease', 'lo', '192.0.2.1')).toBe(0);
    }));

  it("follows the device's own addresses, where only a lease says them", () =>
    withNetwork(PLAN, async ({ router }) => {
      const link = (...words: string[]) => run(router, [...shell, LINK, ...words]);
      const of = (address: string, net: string) => [
        ...[`6900 ${address}`, `6901 ${address}`],
        ...[6003, 6503].map((table) => `${net} dev ${DEVICE} table ${table}`),
      ];
      const six = of('2001:db8:c::2', '2001:db8:c::/64');
      const both = (address: string, net: string) => [...of(address, net), ...six].sort();
      const bound = async (from: string) =>
        (await router.run('ip', ['route', 'get', '192.0.2.1', 'from', from])).split(' uid')[0];
      // The end of the own table is of the rules, which come before any device.
      const end = ['unreachable', 'default', 'metric', '4294967294', 'table', '6503'];
      await router.run('ip', ['route', 'add', ...end, 'proto', '214']);
      await router.run('ip', ['route', 'add', 'default', 'dev', 'lo', 'metric', '9']);
      expect(await link('up', DEVICE)).toBe(0);
      expect(await ownLines(router)).toEqual(both('203.0.113.130', '203.0.113.128/26'));
      await expect(bound('203.0.113.130')).rejects.toThrow('No route to host');
      expect(await link('lease', DEVICE, '203.0.113.129')).toBe(0);
      expect(await bound('203.0.113.130')).toContain('via 203.0.113.129 dev wwan0 table 6503');

      // The next lease brings another address, of another network even; the gateway may be the same.
      await router.run('ip', ['-4', 'addr', 'flush', 'dev', DEVICE]);
      await router.run('ip', ['addr', 'add', '198.51.100.9/28', 'dev', DEVICE]);
      expect(await link('lease', DEVICE, '203.0.113.129')).toBe(0);
      const next = both('198.51.100.9', '198.51.100.0/28');
      expect(await ownLines(router)).toEqual(next);
      // One that is renewed with an address more.
      await router.run('ip', ['addr', 'add', '198.51.100.10/28', 'dev', DEVICE]);
      expect(await link('lease', DEVICE, '203.0.113.129')).toBe(0);
      const more = ['6900 198.51.100.10', '6901 198.51.100.10'];
      expect(await ownLines(router)).toEqual([...next, ...more].sort());
      await router.run('ip', ['addr', 'del', '198.51.100.10/28', 'dev', DEVICE]);
      expect(await link('up', DEVICE)).toBe(0);
      expect(await ownLines(router)).toEqual(next);
      // A link that is down has its IPv4 address still: what is bound to that is not main's.
      await router.run('ip', ['link', 'set', DEVICE, 'down']);
      for (const family of ['4', '6']) expect(await link('lost', DEVICE, family)).toBe(0);
      expect(await ownLines(router)).toEqual(['6900 198.51.100.9', '6901 198.51.100.9']);
      await expect(bound('198.51.100.9')).rejects.toThrow('No route to host');
      await router.run('ip', ['-4', 'addr', 'flush', 'dev', DEVICE]);
      expect(await link('lost', DEVICE, '4')).toBe(0);
      expect(await ownLines(router)).toEqual([]);
    }));

  // Of a device that only a DHCP client brings up, no hook tells otherwise.
  it('takes any lease for a link that is up, though the policy knows the gateway', () =>
    withNetwork(PLAN, async ({ router }) => {
      const place = makePlace();
      try {
        await place.compiled([`uplink lte dev ${DEVICE} gateway 203.0.113.129 masquerade`]);
        const env = { ROUTEC_FOLDER: join(place.folder, 'policy') };
        const link = (...words: string[]) => run(router, [...shell, LINK, ...words], env);
        const both = ['6001 via 203.0.113.129', '6501 via 203.0.113.129'];
        expect(await link('lease', DEVICE, '203.0.113.190')).toBe(0);
        expect(await defaults(router)).toEqual(both);
        await router.run('ip', ['route', 'del', 'default', 'table', '6001']);
        expect(await link('lease', DEVICE, '203.0.113.190')).toBe(0);
        expect(await link('lost', DEVICE, '4')).toBe(0);
        expect(await defaults(router)).toEqual(both.slice(1));
      } finally {
        place.remove();
      }
    }));

  it('waits for whoever changes the kernel', () =>
    withNetwork(PLAN, async ({ router }) => {
      const lock = join(folder, 'state.lock');
      const seen = join(folder, 'seen');
      const look = 'until [ -e "$1.go" ]; do sleep 0.1; done; sleep 1; ip rule show pref 6900';
      const holds = ['flock', lock, 'sh', '-c', `: >"$1.held"; ${look} >"$1"`, 'sh', seen];
      const holder = run(router, holds);
      while (!existsSync(`${seen}.held`)) await new Promise((done) => setTimeout(done, 20));
      const hooked = run(router, [...shell, LINK, 'up', DEVICE]);
      writeFileSync(`${seen}.go`, '');
      expect(await holder).toBe(0);
      expect(readFileSync(seen, 'utf8')).toBe('');
      expect(await hooked).toBe(0);
      expect(await ownLines(router)).not.toEqual([]);
    }));

  it('refuses what is no gateway, and what is no device', async () => {
    const link = async (...words: string[]) => {
      const [file, ...args] = [...shell, LINK, ...words];
      return (await execa(file, args, { env: settings(), reject: false })).exitCode;
    };
    const wrong = [
      ...['', '1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.256', '1.2.3.', '1..2.3', '0.0.0.0'],
      ...['127.0.0.1', '224.0.0.1', '1.2.3.4;id', '1.2.3.4 dev lo', '1.2.3.4\nrule flush', '$(id)'],
      ...[
        '::',
        '::1',
        'ff02::1',
        '1:2',
        '12345::',
        '1::2::3',
        ':1:2:3:4:5:6:7',
        '1::2:',
        ':1::2',
        '1:2:3:4:5:6:7:8:9',
      ],
    ];
    for (const gateway of wrong) expect(await link('lease', DEVICE, gateway), gateway).toBe(2);
    for (const device of ['', '.', '..', 'a/b', 'a b', 'a\nb']) {
      expect(await link('up', device), device).toBe(2);
    }
    expect(await link('lost', DEVICE, '5')).toBe(2);
    expect(await link('flush', DEVICE)).toBe(2);
    expect(await link()).toBe(2);
  });
});

/** Each hook as its program calls it: what it is told, and what then leads out. */
const CALLS: readonly {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Record<string, string>;
  readonly comes: readonly string[];
}[] = [
  {
    name: 'dhclient',
    command: ['sh', '-c', '. "$0"', hook('dhclient')],
    env: { reason: 'BOUND', interface: DEVICE, new_routers: '203.0.113.129 203.0.113.140' },
    comes: FOUR,
  },
  // An old lease whose router does not answer: the client's script has taken the address away by then.
  {
    name: 'dhclient',
    command: ['sh', '-ec', '. "$0"', hook('dhclient')],
    env: {
      ...{ reason: 'TIMEOUT', interface: DEVICE, new_ip_address: '203.0.113.13' },
      new_routers: '203.0.113.129',
    },
    comes: [],
  },
  {
    name: 'dhclient',
    command: ['sh', '-ec', '. "$0"', hook('dhclient')],
    env: {
      ...{ reason: 'TIMEOUT', interface: DEVICE, new_ip_address: '203.0.113.130' },
      new_routers: '203.0.113.129',
    },
    comes: FOUR,
  },
  {
    name: 'dhclient',
    command: ['sh', '-euc', '. "$0"', hook('dhclient')],
    env: { reason: 'RENEW', interface: DEVICE },
    comes: [],
  },
  {
    name: 'dhclient',
    command: ['sh', '-ec', '. "$0"', hook('dhclient')],
    env: { reason: 'EXPIRE', interface: DEVICE },
    comes: [],
  },
  // dhcpcd without a server: what its settings say, or what they fall back to.
  {
    name: 'dhclient',
    command: ['sh', '-ec', '. "$0"', hook('dhclient')],
    env: { reason: 'STATIC', interface: DEVICE, new_routers: '203.0.113.129' },
    comes: FOUR,
  },
  {
    name: 'udhcpc',
    command: [hook('udhcpc'), 'renew'],
    env: { interface: DEVICE, router: '203.0.113.129' },
    comes: FOUR,
  },
  {
    name: 'udhcpc',
    command: [hook('udhcpc'), 'deconfig'],
    env: { interface: DEVICE },
    comes: [],
  },
  // A connection that must not be main's default has no gateway to NetworkManager; its lease has.
  {
    name: 'networkmanager',
    command: [hook('networkmanager'), DEVICE, 'dhcp4-change'],
    env: { DHCP4_ROUTERS: '203.0.113.129 203.0.113.140' },
    comes: FOUR,
  },
  {
    name: 'networkmanager',
    command: [hook('networkmanager'), DEVICE, 'dhcp4-change'],
    env: {},
    comes: [],
  },
  {
    name: 'networkmanager',
    command: [hook('networkmanager'), DEVICE, 'up'],
    env: { IP4_GATEWAY: '203.0.113.129', IP6_GATEWAY: 'fe80::2' },
    comes: [...FOUR, ...SIX],
  },
  {
    name: 'ifupdown',
    command: [hook('ifupdown')],
    env: { IFACE: DEVICE, MODE: 'start' },
    comes: [...FOUR, ...SIX],
  },
  {
    name: 'ifupdown',
    command: [hook('ifupdown')],
    env: { IFACE: DEVICE, MODE: 'stop' },
    comes: [],
  },
  {
    name: 'ifupdown',
    command: [hook('ifupdown')],
    env: { IFACE: '--all', MODE: 'start' },
    comes: [],
  },
  { name: 'networkd-dispatcher', command: [hook('networkd-dispatcher')], comes: FOUR },
  {
    name: 'networkd-dispatcher',
    command: [hook('networkd-dispatcher')],
    env: { IFACE: DEVICE, OperationalState: 'degraded', ROUTEC_NETIF: '/nowhere' },
    comes: [],
  },
  {
    name: 'udhcpc',
    command: [hook('udhcpc'), 'bound'],
    env: { interface: DEVICE, router: '203.0.113.129 203.0.113.140' },
    comes: FOUR,
  },
  {
    name: 'udhcpc',
    command: [hook('udhcpc'), 'renew'],
    env: { interface: DEVICE },
    comes: [],
  },
  { name: 'networkd-dispatcher', command: [hook('networkd-dispatcher')], comes: FOUR },
  { name: 'ppp', command: [hook('ppp'), DEVICE, '/dev/ttyS0', '115200'], comes: FOUR },
];

it('each hook passes on what its program says', () =>
  withNetwork(PLAN, async ({ router }) => {
    const index = (await router.run('cat', [`/sys/class/net/${DEVICE}/ifindex`])).trim();
    await execa('mkdir', ['-p', join(folder, 'netif/leases')]);
    const lease = 'ADDRESS=203.0.113.130\nROUTER=203.0.113.129 203.0.113.140\n';
    writeFileSync(join(folder, 'netif/leases', index), lease);
    const dispatched = {
      IFACE: DEVICE,
      OperationalState: 'routable',
      ROUTEC_NETIF: join(folder, 'netif'),
    };
    for (const { name, command, env = dispatched, comes } of CALLS) {
      expect(await run(router, command, env), name).toBe(0);
      expect(await defaults(router), `${name} ${JSON.stringify(env)}`).toEqual(comes);
    }
  }));

it(
  "an apply and a load know the device's own addresses as the hooks do",
  { timeout: 300_000 },
  () =>
    withNetwork(PLAN, async (network) => {
      const { router } = network;
      const place = makePlace();
      try {
        const lines = [`uplink lte dev ${DEVICE} gateway dhcp masquerade`];
        const script = await place.compiled(lines);
        const policy = place.policy(lines);
        const env = {
          ROUTEC_FOLDER: join(place.folder, 'policy'),
          ROUTEC_STATE: join(place.folder, 'run/routec'),
        };
        const link = (...words: string[]) => place.run(network, [LINK, ...words], env);
        const load = (...words: string[]) => place.run(network, ['sh', script, ...words]);
        const plan = () => place.routec(network, ['plan', policy]);
        const done = { exitCode: 0 };
        const NOTHING = { stdout: 'nothing to do: what is live is what is wanted' };
        const rules = () => router.run('ip', ['-6', 'rule', 'show']);
        const before = await rules();

        expect(await place.routec(network, ['apply', policy, '--yes'])).toMatchObject(done);
        const waits = await ownLines(router);
        expect(waits).toContain('6900 203.0.113.130');
        expect(await link('lease', DEVICE, '203.0.113.129')).toMatchObject(done);
        expect(await link('lease', DEVICE, 'fe80::2')).toMatchObject(done);
        expect(await ownLines(router)).toEqual(waits);
        expect(await plan()).toMatchObject(NOTHING);
        expect(await load('status')).toMatchObject({ exitCode: 0 });

        // A new address of which no hook has told.
        await router.run('ip', ['addr', 'flush', 'dev', DEVICE, 'scope', 'global']);
        await router.run('ip', ['addr', 'add', '198.51.100.9/28', 'dev', DEVICE]);
        expect(await load('status')).toMatchObject({
          exitCode: 1,
          stdout: expect.stringContaining('missing: IPv4 rule pref 6900 from 198.51.100.9 '),
        });
        expect(await load('reload')).toMatchObject(done);
        const now = await ownLines(router);
        expect(now.filter((each) => each.startsWith('69'))).toEqual([
          '6900 198.51.100.9',
          '6901 198.51.100.9',
        ]);
        expect(await plan()).toMatchObject(NOTHING);
        expect(await link('up', DEVICE)).toMatchObject(done);
        expect(await ownLines(router)).toEqual(now);
        await router.run('ip', ['rule', 'del', 'pref', '6900']);
        expect(await place.routec(network, ['apply', policy, '--yes'])).toMatchObject(done);
        expect(await ownLines(router)).toEqual(now);
        expect(await place.routec(network, ['down', '--yes'])).toMatchObject(done);
        expect(await ownLines(router)).toEqual([]);
        expect(await rules()).toBe(before);
      } finally {
        place.remove();
      }
    }),
);

/** Ways to load a policy, and to take all away. */
const LOADERS: Record<
  string,
  (place: Place, script: string) => Record<'start' | 'stop', string[]>
> = {
  apply: ({ folder }) => ({
    start: [process.execPath, ROUTEC, 'apply', join(folder, 'policy/policy.route'), '--yes'],
    stop: [process.execPath, ROUTEC, 'down', '--yes'],
  }),
  'policy.load.sh': (_, script) => ({
    start: ['sh', script, 'start'],
    stop: ['sh', script, 'stop'],
  }),
};

it.each(Object.entries(LOADERS))(
  'a hook loads what runs by %s: not what is only compiled, or not confirmed',
  { timeout: 300_000 },
  (_, commands) =>
    withNetwork(PLAN, async (network) => {
      const { router } = network;
      const place = makePlace();
      try {
        // The table of choices may well be the one of the greater number.
        const via = (gateway: string) => [
          `uplink lte dev ${DEVICE} gateway ${gateway} table 20000 masquerade`,
        ];
        const [first, second] = [via('203.0.113.129'), via('203.0.113.190')];
        const { start, stop } = commands(place, await place.compiled(first));
        const load = (...words: string[]) => place.run(network, words);
        const env = { ROUTEC_FOLDER: '', ROUTEC_STATE: join(place.folder, 'run/routec') };
        const up = async () => {
          expect(await run(router, [LINK, 'up', DEVICE], env)).toBe(0);
          return defaults(router);
        };
        /** After a flap, which drops all routes. */
        const flap = async () => {
          await router.run('ip', ['link', 'set', DEVICE, 'down']);
          await router.run('ip', ['link', 'set', DEVICE, 'up']);
          return up();
        };
        const to = (gateway: string) => [`20000 via ${gateway}`, `6501 via ${gateway}`];
        expect(await load(...start)).toMatchObject({ exitCode: 0 });
        expect(await flap()).toEqual(to('203.0.113.129'));
        await router.run('ip', ['route', 'del', 'default', 'table', '20000']);
        expect(await up()).toEqual(['6501 via 203.0.113.129']);

        await place.compiled(second);
        expect(await flap()).toEqual(to('203.0.113.129'));
        const unconfirmed = load(...start, '--confirm', '3s');
        await expect.poll(() => place.isPending(), { timeout: 60_000 }).toBe(true);
        expect(await flap()).toEqual(to('203.0.113.190'));
        expect(await unconfirmed).toMatchObject({ exitCode: 5 });
        expect(await flap()).toEqual(to('203.0.113.129'));

        expect(await load(...stop)).toMatchObject({ exitCode: 0 });
        expect(await flap()).toEqual([]);
      } finally {
        place.remove();
      }
    }),
);

it.each(Object.entries(LOADERS))(
  "a gateway that main has is no lease of %s and hooks where it is another uplink's on the device",
  { timeout: 60_000 },
  (_, commands) =>
    withNetwork(PLAN, async (network) => {
      const { router } = network;
      const place = makePlace();
      try {
        const [ours, theirs] = ['203.0.113.190', '203.0.113.129'];
        const lines = [
          `uplink fixed dev ${DEVICE} gateway ${theirs} address 203.0.113.130/26 masquerade`,
          `uplink lte dev ${DEVICE} gateway dhcp address 203.0.113.131/26 masquerade`,
        ];
        const env = { ROUTEC_STATE: join(place.folder, 'run/routec') };
        const { start } = commands(place, await place.compiled(lines));
        const done = { exitCode: 0 };
        const fixed = [`6001 via ${theirs}`, `6501 via ${theirs}`];
        const both = [...fixed, `6002 via ${ours}`, `6502 via ${ours}`].sort();
        // Without the ends of own tables.
        const ways = async () =>
          (await defaults(router)).filter((each) => !each.endsWith(' undefined'));
        await router.run('ip', ['route', 'add', 'default', 'via', theirs]);
        expect(await place.run(network, start)).toMatchObject(done);
        expect(await ways()).toEqual(fixed);
        for (const words of [
          ['up', DEVICE],
          ['lease', DEVICE],
        ]) {
          expect(await place.run(network, [LINK, ...words], env)).toMatchObject(done);
          expect(await ways()).toEqual(fixed);
        }
        // As FRR has it.
        await router.run('ip', ['nexthop', 'add', 'id', '7', 'via', ours, 'dev', DEVICE]);
        await router.run('ip', ['route', 'add', 'default', 'nhid', '7', 'metric', '50']);
        expect(await place.run(network, start)).toMatchObject(done);
        expect(await ways()).toEqual(both);
        for (const words of [
          ['lost', DEVICE, '4'],
          ['up', DEVICE],
          ['lease', DEVICE],
        ]) {
          expect(await place.run(network, [LINK, ...words], env)).toMatchObject(done);
          expect(await ways()).toEqual(words[0] === 'lost' ? fixed : both);
        }
        // The client itself may name any.
        const named = [LINK, 'lease', DEVICE, theirs];
        expect(await place.run(network, named, env)).toMatchObject(done);
        expect(new Set(await ways())).toContain(`6502 via ${theirs}`);
      } finally {
        place.remove();
      }
    }),
);

// In the uplinks' group main's routes by it are passed over: what is marked would leave by an uplink instead.
it.each(Object.entries(LOADERS))(
  'a device that came after %s leaves the group with its uplink',
  { timeout: 60_000 },
  (_, commands) =>
    withNetwork(PLAN, async (network) => {
      const { router } = network;
      const place = makePlace();
      try {
        const lte = `uplink lte dev ${DEVICE} gateway 203.0.113.129 masquerade`;
        const load = async (...more: string[]) => {
          const { start } = commands(place, await place.compiled([lte, ...more]));
          expect(await place.run(network, start)).toMatchObject({ exitCode: 0 });
        };
        const link = async (...words: string[]) => {
          const env = { ROUTEC_STATE: join(place.folder, 'run/routec') };
          expect(await place.run(network, [LINK, ...words], env)).toMatchObject({ exitCode: 0 });
        };
        const shown = () => router.run('ip', ['-o', 'link', 'show', 'tun9']);
        const tunnel = 'uplink tunnel dev tun9 masquerade';
        await load(tunnel);
        await router.run('ip', [
          'link',
          'add',
          'tun9',
          'type',
          'veth',
          'peer',
          'name',
          'tun9-peer',
        ]);
        await router.run('ip', ['link', 'set', 'tun9', 'up']);
        await link('up', 'tun9');
        await load(tunnel);
        expect(await shown()).toContain(' group 6000 ');
        await load();
        expect(await shown()).toContain(' group default ');
        await load(tunnel);
        expect(await shown()).toContain(' group 6000 ');
        const { stop } = commands(place, join(place.folder, 'policy/policy.load.sh'));
        expect(await place.run(network, stop)).toMatchObject({ exitCode: 0 });
        expect(await shown()).toContain(' group default ');
      } finally {
        place.remove();
      }
    }),
);
