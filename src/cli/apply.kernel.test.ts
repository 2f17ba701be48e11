import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackendName } from '../emit/backends.ts';
import { findArtefacts } from '../lab/artefacts.ts';
import {
  allOf,
  askConfined as ask,
  FIRST,
  KEPT,
  CONFINED_NETWORK as NETWORK,
  SECOND,
  UPLINKS,
  underTraffic,
} from '../lab/confined-host.ts';
import { type Network, withNetwork } from '../lab/network.ts';
import { makePlace, type Place, ROUTEC } from '../lab/place.ts';
import { makeCgroup } from '../lab/start-program.ts';
import { state } from '../lab/state.ts';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

const routec: Place['routec'] = (...args) => place.routec(...args);
const policy: Place['policy'] = (lines) => place.policy(lines);
const wrapped: Place['wrapped'] = (...args) => place.wrapped(...args);

/** Whoever first uses a chain of the kernel with iptables makes it, and it stays. */
async function builtinChains({ router }: Network, backend: BackendName): Promise<void> {
  if (backend === 'nft') return;
  const chains = {
    filter: ['INPUT', 'OUTPUT', 'FORWARD'],
    nat: ['PREROUTING', 'POSTROUTING'],
    mangle: ['PREROUTING', 'OUTPUT', 'POSTROUTING'],
  };
  const used = (name: string): string => `-A ${name} -j ACCEPT\n-D ${name} -j ACCEPT\n`;
  const text = Object.entries(chains)
    .map(([table, names]) => `*${table}\n${names.map(used).join('')}COMMIT\n`)
    .join('');
  for (const tool of ['iptables', 'ip6tables']) {
    await router.run(`${tool}-restore`, ['-w', '--noflush'], text);
  }
}

/** Milliseconds: some of these call routec a dozen times. */
const LONG = 300_000;

describe('routec apply', { timeout: LONG }, () => {
  it('loads, does nothing the second time, goes back, and takes all away', () =>
    withNetwork(NETWORK, async (network) => {
      const bare = await allOf(network);
      const first = policy(FIRST);
      const dry = await routec(network, ['apply', first, '--dry-run']);
      expect(dry).toMatchObject({ exitCode: 0 });
      expect(dry.stdout).toMatch(/^ip -4 -batch - <<'ROUTEC'\n.*\nrule add pref 6999 /ms);
      expect(await allOf(network)).toEqual(bare);
      expect(await routec(network, ['apply', first])).toMatchObject({ exitCode: 2 });
      expect(await routec(network, ['apply', first, '--yes'])).toMatchObject({ exitCode: 0 });
      expect(await ask(network)).toEqual([]);
      const loaded = await state(network.router);
      const again = await routec(network, ['apply', first, '--yes']);
      expect(again).toMatchObject({
        exitCode: 0,
        stdout: 'nothing to do: what is live is what is wanted',
      });
      expect(await state(network.router)).toEqual(loaded);

      const second = policy(SECOND);
      expect(await routec(network, ['apply', second, '--yes'])).toMatchObject({ exitCode: 0 });
      // Each of the two flows was counted once, by the one line that took both.
      const { stdout } = await routec(network, ['status', '--json']);
      const counts = (JSON.parse(stdout).rules as { packets?: number }[]).map(
        (rule) => rule.packets,
      );
      expect(counts.filter((packets) => packets !== 0)).toEqual([2]);
      expect(await ask(network)).toEqual([]);
      // An apply with nothing to do in between costs no way back.
      expect(await routec(network, ['apply', second, '--yes'])).toMatchObject({ exitCode: 0 });
      expect(await routec(network, ['rollback', '--yes'])).toMatchObject({ exitCode: 0 });
      expect(await state(network.router)).toEqual(loaded);
      expect(await routec(network, ['plan', policy(FIRST)])).toMatchObject({
        stdout: 'nothing to do: what is live is what is wanted',
      });

      expect(existsSync(join(place.folder, 'lib/good/policy.manifest.json'))).toBe(true);
      expect(await routec(network, ['down'])).toMatchObject({ exitCode: 2 });
      expect(await routec(network, ['down', '--yes'])).toMatchObject({ exitCode: 0 });
      expect(await allOf(network)).toEqual(bare);
      expect(existsSync(join(place.folder, 'lib/good'))).toBe(false);
    }));

  it('carries a saved plan out, unless the router has changed since', () =>
    withNetwork(NETWORK, async (network) => {
      const saved = join(place.folder, 'plan.json');
      expect(await routec(network, ['plan', policy(FIRST), '-o', saved])).toMatchObject({
        exitCode: 0,
      });
      await network.setLink('eth3', 'down');
      const stale = await routec(network, ['apply', saved, '--yes']);
      expect(stale).toMatchObject({ exitCode: 1 });
      expect(stale.stderr).toContain('the plan is stale');
      await network.setLink('eth3', 'up');
      expect(await routec(network, ['apply', saved, '--yes'])).toMatchObject({ exitCode: 0 });
      expect(await ask(network)).toEqual([]);
      expect(await routec(network, ['apply', saved, '--yes'])).toMatchObject({ exitCode: 1 });
      // What packets count in the meantime changes no plan.
      await routec(network, ['plan', policy(SECOND), '-o', saved]);
      expect(await ask(network)).toEqual([]);
      expect(await routec(network, ['apply', saved, '--yes'])).toMatchObject({ exitCode: 0 });
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
      expect(await ask(network)).toEqual([]);
    }));

  it('refuses numbers that mean another thing, and what everybody may write', () =>
    withNetwork(NETWORK, async (network) => {
      expect(await routec(network, ['apply', policy(FIRST), '--yes'])).toMatchObject({
        exitCode: 0,
      });
      const loaded = await state(network.router);
      const other = mkdtempSync(join(place.folder, 'other-'));
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

  it.each([
    ['kitchen-sink', 'nft'],
    ['kitchen-sink', 'iptables'],
    ['names', 'iptables'],
    ['one-device', 'nft'],
    ['devices', 'iptables'],
    ['transit', 'nft'],
  ] as const)(
    'finds nothing to do where %s is loaded for %s, and leaves nothing behind',
    async (name, backend) => {
      const folder = join(import.meta.dirname, '../../fixtures', name);
      const { uplinks = [] } = findArtefacts(folder) ?? {};
      const devices = [...new Set(uplinks.map(({ device }) => device))].map(
        (device, at) => [device, { addresses: [`10.214.${at}.2/24`], gateways: [] }] as const,
      );
      const plan = { lans: [], uplinks: Object.fromEntries(devices) };
      await withNetwork(plan, async (network) => {
        await builtinChains(network, backend);
        const bare = await state(network.router);
        const args = [join(folder, 'policy.route'), '--backend', backend];
        expect(await routec(network, ['apply', ...args, '--yes'])).toMatchObject({ exitCode: 0 });
        const again = await routec(network, ['plan', ...args]);
        expect(again.stdout.split('\n')[0]).toBe('nothing to do: what is live is what is wanted');
        expect(await routec(network, ['down', '--yes'])).toMatchObject({ exitCode: 0 });
        expect(await state(network.router)).toEqual(bare);
      });
    },
  );

  it.each(['nft', 'iptables'] as const)(
    'with %s: stands still, goes on, back and away though a cgroup that it names is no more',
    (backend) =>
      withNetwork(NETWORK, async (network) => {
        const inPlace = 'mount -t cgroup2 none /sys/fs/cgroup && exec "$@"';
        const run = (...command: readonly string[]) =>
          place.run(network, ['sh', '-c', inPlace, 'sh', ...command]);
        const here = (...args: readonly string[]) => run(process.execPath, ROUTEC, ...args);
        const cgroup = `routec-gone-${process.pid}`;
        const remove = makeCgroup(cgroup);
        let isThere = true;
        try {
          const lines = [...FIRST, `route local cgroup "${cgroup}" tcp 99 via dsl`];
          const file = policy(lines);
          const args = [file, '--backend', backend];
          const first = await here('apply', ...args, '--yes');
          expect(first).toMatchObject({ exitCode: 0 });
          expect(first.stdout).not.toContain('there is none of that name here');
          remove();
          isThere = false;
          const still = await here('plan', ...args);
          expect(still).toMatchObject({ exitCode: 0 });
          expect(still.stdout.split('\n')).toEqual([
            'nothing to do: what is live is what is wanted',
            expect.stringContaining('there is none of that name here'),
          ]);
          const script = await place.compiled(lines, backend);
          expect(await run('dash', script, 'status')).toMatchObject({ exitCode: 0 });
          policy(SECOND);
          expect(await here('apply', ...args, '--yes')).toMatchObject({ exitCode: 0 });
          expect(await here('rollback', '--yes')).toMatchObject({ exitCode: 0 });
          expect(await ask(network)).toEqual([]);
          expect(await here('down', '--yes')).toMatchObject({ exitCode: 0 });
        } finally {
          if (isThere) remove();
        }
      }),
  );

  it('mends what somebody did to chains by hand, and takes them away unless he leads into them', () =>
    withNetwork(NETWORK, async (network) => {
      await builtinChains(network, 'iptables');
      const iptables = (words: string) => network.router.run('iptables', words.split(' '));
      await iptables('-N others');
      const bare = await allOf(network);
      const args = ['apply', policy(FIRST), '--backend', 'iptables', '--yes'];
      expect(await routec(network, args)).toMatchObject({ exitCode: 0 });
      const loaded = await allOf(network);
      await iptables('-t mangle -A PREROUTING -j routec-prerouting');
      await iptables('-A FORWARD -j routec-refuse-forwarded');
      await iptables('-t mangle -F routec-choose');
      await iptables('-I routec-refuse-forwarded -j others');
      const mended = await routec(network, args);
      expect(mended).toMatchObject({ exitCode: 0 });
      expect(mended.stderr).toContain('warning: not tried beforehand');
      expect(await allOf(network)).toEqual(loaded);

      await iptables('-A others -s 192.0.2.9 -j routec-refuse-forwarded');
      const refused = await routec(network, ['down', '--yes']);
      expect(refused).toMatchObject({ exitCode: 2 });
      expect(refused.stderr).toContain('leads into a chain that is to go');
      await iptables('-F others');
      await iptables('-A routec-refuse-forwarded -j others');
      // A step that fails leaves no jump twice.
      const failed = await routec(network, ['down', '--yes'], wrapped('fail', 1));
      expect(failed).toMatchObject({ exitCode: 3 });
      await iptables('-D routec-refuse-forwarded -j others');
      expect(await allOf(network)).toEqual(loaded);
      expect(await routec(network, ['down', '--yes'])).toMatchObject({ exitCode: 0 });
      expect(await allOf(network)).toEqual(bare);
    }));

  it('undoes all of it where a step fails', () =>
    withNetwork(NETWORK, async (network) => {
      const bare = await allOf(network);
      for (const at of [1, 2, 6, 11]) {
        const failed = await routec(
          network,
          ['apply', policy(FIRST), '--yes'],
          wrapped('fail', at),
        );
        expect(failed, `step ${at}`).toMatchObject({ exitCode: 3 });
        expect(failed.stderr).toContain('no, says the wrapper');
        expect(await allOf(network), `step ${at}`).toEqual(bare);
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

describe('routec apply --kill', { timeout: LONG }, () => {
  const HOST = '192.168.0.228';
  const OTHER = '192.168.0.10';
  /** A datagram from a port of its own; to 192.168.1.10 it goes to another LAN. */
  const send = ({ lans }: Network, from: string, port: number, to = '203.0.113.80') => {
    const script = `const s = require('node:dgram').createSocket('udp4');
      s.bind(${port}, '${from}', () => s.send('x', 9, '${to}', () => s.close()))`;
    return lans.get('lan0')?.run(process.execPath, ['-e', script]);
  };
  /** Marks of the open connections, by source port. */
  const marks = async ({ router }: Network): Promise<Record<string, number>> => {
    const list = await router.run('conntrack', ['-L', '-p', 'udp']);
    const found = [...list.matchAll(/ sport=(\d+) .* mark=(\d+) /g)];
    return Object.fromEntries(found.map(([, port, mark]) => [port, Number(mark) >>> 24]));
  };
  const begun = async (network: Network) =>
    Promise.all(['eth2', 'eth3'].map(async (device) => (await network.seen(device)).begun));

  it.each(['nft', 'iptables'] as const)(
    'with %s: lets open connections begin anew that would go elsewhere, and no other',
    (backend) =>
      withNetwork(NETWORK, async (network) => {
        const first = [...UPLINKS, 'route from 192.168.0.228 via cable'];
        const hosts = [...UPLINKS, 'route from 192.168.0.228 via dsl'];
        const [cable, dsl, main] = [1, 2, 126];
        const ports = [4000, 4001, 4002, 4003, 4004, 4005];
        const talk = async () => {
          for (const port of ports) await send(network, HOST, port);
          await send(network, HOST, 4100, '192.168.1.10');
          await send(network, OTHER, 4200);
        };
        const args = ['--backend', backend, '--yes'];
        const file = policy(first);
        expect(await routec(network, ['apply', file, ...args])).toMatchObject({ exitCode: 0 });
        await talk();
        policy(hosts);
        // Older than the policy, they stay where they are.
        expect(await routec(network, ['apply', file, ...args])).toMatchObject({ exitCode: 0 });
        await talk();
        const before = await marks(network);
        expect(before).toEqual(
          Object.fromEntries([...[...ports, 4100].map((port) => [port, cable]), [4200, main]]),
        );
        const [, byDsl = 0] = await begun(network);
        const planned = await routec(network, ['plan', file, '--backend', backend, '--kill']);
        expect(planned.stdout).toContain('1. open connections that the policy sends elsewhere: 6');
        expect(planned.stdout).toContain(
          `udp ${HOST}:4000 -> 203.0.113.80:9, by cable: dsl from now on`,
        );
        expect(await marks(network)).toEqual(before);
        // In a zone it is another one, of what and by what way only who put it there knows.
        const zoned = `-w 7 -s ${HOST} -d 203.0.113.80 -p udp --sport 4000 --dport 9`.split(' ');
        await network.router.run('conntrack', [
          '-I',
          ...zoned,
          '-t',
          '600',
          '-m',
          `${cable << 24}`,
        ]);
        expect(await routec(network, ['apply', file, ...args, '--kill'])).toMatchObject({
          exitCode: 0,
        });
        await network.router.run('conntrack', ['-D', ...zoned]);
        // What goes to another LAN would go there still; what is left to main, too.
        expect(await marks(network)).toEqual({ 4100: cable, 4200: main });
        await talk();
        expect((await begun(network))[1]).toBe(byDsl + ports.length);
        const moved = await marks(network);
        expect(ports.map((port) => moved[port])).toEqual(ports.map(() => dsl));
        const again = await routec(network, ['plan', file, '--backend', backend, '--kill']);
        expect(again.stdout).toBe('nothing to do: what is live is what is wanted');

        // One of a host's connections; what an unknown device or user decides is left, and said to be.
        policy([
          ...UPLINKS,
          'route from 192.168.0.228 udp 9 sport 4003 via cable',
          'route from 192.168.0.228 udp 9 sport 4004 in lan1 via cable',
          'route from 192.168.0.228 via dsl',
        ]);
        const saved = join(place.folder, 'plan.json');
        const plan = await routec(network, [
          ...['plan', file, '--backend', backend, '--kill', '-o', saved],
        ]);
        expect(plan).toMatchObject({ exitCode: 0 });
        expect(plan.stdout).toContain('or who sent them: 1');
        expect(await routec(network, ['apply', saved, '--yes', '--kill'])).toMatchObject({
          exitCode: 2,
        });
        const forged = JSON.parse(readFileSync(saved, 'utf8'));
        forged.steps.at(-1).run.argv = ['touch', join(place.folder, 'forged')];
        writeFileSync(join(place.folder, 'forged.json'), JSON.stringify(forged));
        expect(
          await routec(network, ['apply', join(place.folder, 'forged.json'), '--yes']),
        ).toMatchObject({ exitCode: 2 });
        expect(existsSync(join(place.folder, 'forged'))).toBe(false);
        expect(await routec(network, ['apply', saved, '--yes'])).toMatchObject({ exitCode: 0 });
        const { 4003: gone, ...kept } = moved;
        expect(gone).toBe(dsl);
        expect(await marks(network)).toEqual(kept);
        await send(network, HOST, 4003);
        expect((await marks(network))[4003]).toBe(cable);

        // Connections of an outcome that is no more begin anew without being asked for.
        policy([...UPLINKS.slice(0, 1), 'route from 192.168.0.228 via cable']);
        expect(await routec(network, ['apply', file, ...args])).toMatchObject({ exitCode: 0 });
        expect(Object.keys(await marks(network))).toEqual(['4003', '4100', '4200']);
      }),
  );
});

describe('routec apply, killed', { timeout: LONG }, () => {
  it.each([
    ['kill', 'nft'],
    ['half', 'nft'],
    ['half', 'iptables'],
  ] as const)('%s with %s: at each step in turn, leaks nothing and converges', (how, backend) =>
    withNetwork(NETWORK, async (network) => {
      const apply = ['apply', policy(FIRST), '--backend', backend, '--yes'];
      expect(await routec(network, apply)).toMatchObject({ exitCode: 0 });
      const first = await state(network.router);
      policy(SECOND);
      let kills = 0;
      const { wrong, right } = await underTraffic(network, async () => {
        for (; kills < 60; kills += 1) {
          // Half a step leaves the rest of it to the next: then it is the first that is killed again.
          const at = how === 'kill' ? 1 : (kills % 12) + 1;
          const ended = await routec(network, apply, wrapped(how, at));
          if (ended.exitCode === 0) break;
          expect(ended.stderr, `kill ${kills}`).not.toContain('error');
        }
      });
      expect(kills).toBeGreaterThan(3);
      expect(wrong).toBe(0);
      expect(right).toBeGreaterThan(500);
      const settled = await state(network.router);
      expect(settled).not.toEqual(first);
      expect(await ask(network)).toEqual([]);
      // What was before all that is still known.
      expect(await routec(network, ['rollback', '--yes'])).toMatchObject({ exitCode: 0 });
      expect(await state(network.router)).toEqual(first);
      expect(await routec(network, apply)).toMatchObject({ exitCode: 0 });
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
        for (const lines of [SECOND, FIRST]) {
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
  const pending = (): { token: string; deadline?: string } | undefined => {
    const path = join(place.folder, 'run/routec/pending.json');
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).pending : undefined;
  };
  const waits = () => expect.poll(() => pending()?.deadline, { timeout: 60_000 }).toBeDefined();

  it('takes it back when nobody confirms', () =>
    withNetwork(NETWORK, async (network) => {
      const bare = await state(network.router);
      const args = ['apply', policy(FIRST), '--yes', '--confirm', '1s'];
      expect(await routec(network, args)).toMatchObject({ exitCode: 5 });
      expect(await state(network.router)).toEqual(bare);
      expect(existsSync(join(place.folder, 'lib/good'))).toBe(false);
      expect(await routec(network, ['confirm'])).toMatchObject({ exitCode: 2 });
    }));

  it('goes on where the clock is killed on the way back', () =>
    withNetwork(NETWORK, async (network) => {
      const bare = await state(network.router);
      const calls = () => Number(readFileSync(join(place.folder, 'count'), 'utf8'));
      const args = ['apply', policy(FIRST), '--yes', '--confirm', '1s'];
      await routec(network, args.slice(0, 3), wrapped('kill', 1000));
      const there = calls();
      await routec(network, ['down', '--yes']);
      expect(await routec(network, args, wrapped('kill', there + 2))).toMatchObject({
        exitCode: 5,
      });
      expect(calls()).toBeGreaterThan(there + 2);
      expect(await state(network.router)).toEqual(bare);
      expect(await routec(network, ['rollback', '--yes'])).toMatchObject({ exitCode: 0 });
    }));

  it('takes it back though nothing can be written down any more', () =>
    withNetwork(NETWORK, async (network) => {
      const bare = await state(network.router);
      const folder = join(place.folder, 'run/routec');
      mkdirSync(folder, { recursive: true });
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'none', folder]);
      try {
        const args = ['apply', policy(FIRST), '--yes', '--confirm', '3s'];
        const applying = routec(network, args);
        await waits();
        const fill = () => writeFileSync(join(folder, 'fill'), Buffer.alloc(1 << 20));
        expect(fill).toThrow('ENOSPC');
        expect(await applying).toMatchObject({ exitCode: 5 });
        expect(await state(network.router)).toEqual(bare);
        // Nor is anything begun there.
        expect(fill).toThrow('ENOSPC');
        const refused = await routec(network, args);
        expect(refused).toMatchObject({ exitCode: 2 });
        expect(refused.stderr).toContain('no space is left');
        expect(await state(network.router)).toEqual(bare);
      } finally {
        execFileSync('umount', [folder]);
      }
    }));

  it('takes it back though all of /run is read-only, with its lock', () =>
    withNetwork(NETWORK, async (network) => {
      const bare = await state(network.router);
      const folder = join(place.folder, 'run');
      const waiting = 'kill -0 $! && ! grep deadline "$ROUTEC_RUN/pending.json"';
      const line = [
        `mount -t tmpfs none ${folder}`,
        `{ "$@" & while ${waiting}; do sleep 0.1; done; mount -o remount,ro ${folder}; wait $!; }`,
      ].join(' && ');
      const args = [ROUTEC, 'apply', policy(FIRST), '--yes', '--confirm', '1s'];
      const command = ['unshare', '-m', 'sh', '-c', line, 'sh', process.execPath, ...args];
      const ended = await place.run(network, command);
      expect(ended.stderr).toContain('it was taken back');
      expect(await state(network.router)).toEqual(bare);
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
      expect(await place.elsewhere(network, [process.execPath, ROUTEC, 'confirm'])).toMatchObject({
        exitCode: 0,
      });
      expect(await applying).toMatchObject({ exitCode: 0 });
      expect(await ask(network)).toEqual([]);
      expect(existsSync(join(place.folder, 'lib/good/policy.manifest.json'))).toBe(true);
    }));

  it('goes back to what was there last, though the one who applied was killed before it began', () =>
    withNetwork(NETWORK, async (network) => {
      for (const lines of [FIRST, SECOND]) {
        expect(await routec(network, ['apply', policy(lines), '--yes'])).toMatchObject({
          exitCode: 0,
        });
      }
      const second = await state(network.router);
      const args = ['apply', policy(FIRST), '--yes', '--confirm', '10m'];
      const applying = execa('ip', place.words(network, [process.execPath, ROUTEC, ...args]), {
        reject: false,
        input: '',
      });
      await expect.poll(pending, { timeout: 60_000, interval: 5 }).toBeDefined();
      // It is waited for until it ticks: so nothing is changed yet.
      const clock = () => execa('pgrep', ['-f', `revert ${pending()?.token}`], { reject: false });
      await expect
        .poll(async () => (await clock()).exitCode, { timeout: 60_000, interval: 5 })
        .toBe(0);
      applying.kill('SIGKILL');
      await applying;
      await expect.poll(pending, { timeout: 60_000 }).toBeUndefined();
      await expect
        .poll(() => existsSync(join(place.folder, 'run/routec/outcome.json')), { timeout: 60_000 })
        .toBe(true);
      expect(await state(network.router)).toEqual(second);

      // Killed before its clock was started, it waits for nobody.
      const dead = { token: 'none', pid: (await execa('sh', ['-c', 'echo $$'])).stdout, login: [] };
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      const record = { boot, pending: { ...dead, pid: Number(dead.pid) } };
      writeFileSync(join(place.folder, 'run/routec/pending.json'), JSON.stringify(record));
      expect(await routec(network, ['apply', policy(FIRST), '--yes'])).toMatchObject({
        exitCode: 0,
      });
    }));

  it('takes it back though the one who applied was killed: on the way, or while it waited', () =>
    withNetwork(NETWORK, async (network) => {
      const bare = await state(network.router);
      const args = ['apply', policy(FIRST), '--yes', '--confirm', '3s'];
      await routec(network, args, wrapped('half', 7));
      expect(await state(network.router)).not.toEqual(bare);
      await expect.poll(() => state(network.router), { timeout: 90_000 }).toEqual(bare);
      await expect.poll(pending, { timeout: 60_000 }).toBeUndefined();

      const applying = execa('ip', place.words(network, [process.execPath, ROUTEC, ...args]), {
        reject: false,
        input: '',
      });
      await waits();
      applying.kill('SIGKILL');
      await applying;
      expect(await state(network.router)).not.toEqual(bare);
      await expect.poll(() => state(network.router), { timeout: 90_000 }).toEqual(bare);
    }));
});
