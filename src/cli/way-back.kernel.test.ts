import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allOf, CONFINED_NETWORK as NETWORK } from '../lab/confined-host.ts';
import { type Network, withNetwork } from '../lab/network.ts';
import { type Ended, type Env, makePlace, type Place, ROUTEC } from '../lab/place.ts';

const LINK = join(import.meta.dirname, '../../deploy/routec-link');
const CABLE =
  'uplink cable dev eth2 gateway 198.51.100.1, 2001:db8:a::1 address 198.51.100.2/24 masquerade';
const DSL = 'uplink dsl dev eth3 gateway dhcp masquerade';
const FIRST = [CABLE, DSL, 'route tcp 25 via dsl'];

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

/** What leads to `dsl`: the rules of its IPv4 addresses, and its routes in tables of ours, but for IPv6 networks. */
async function ledTo({ router }: Network): Promise<readonly string[]> {
  const show = (family: string, ...words: readonly string[]) =>
    router.run('ip', [family, ...words, 'proto', '214']);
  const rules = await show('-4', 'rule', 'show');
  const four = await show('-4', 'route', 'show', 'table', 'all');
  const six = await show('-6', 'route', 'show', 'table', 'all', 'default');
  return [
    ...rules.split('\n').flatMap((line) => /from (1\.2\.\S+)/.exec(line)?.slice(1) ?? []),
    ...`${four}\n${six}`
      .split('\n')
      .flatMap((line) => /^(\S+( via \S+)?) dev eth3 .*table \d+/.exec(line)?.slice(1, 2) ?? []),
  ].sort();
}

/** The same, as it should be by a lease of the network of that number. */
const ofLease = (net: number): readonly string[] =>
  [
    `1.2.${net}.0/24`,
    `1.2.${net}.3`,
    `default via 1.2.${net}.1`,
    `default via fe80::${net}`,
  ].flatMap((each) => [each, each]);

async function hook(network: Network, ...words: readonly string[]): Promise<void> {
  const env = { ROUTEC_STATE: join(place.folder, 'run/routec') };
  expect(await place.run(network, [LINK, ...words], env)).toMatchObject({ exitCode: 0 });
}

/** Applies a policy, compiled before, so that its numbers are kept. */
async function applied(network: Network, lines: readonly string[]): Promise<void> {
  await place.compiled(lines);
  const ended = await place.routec(network, ['apply', place.policy(lines), '--yes']);
  expect(ended).toMatchObject({ exitCode: 0 });
}

/** A lease of that network, as a DHCP client brings it. */
async function lease(network: Network, net: number): Promise<void> {
  await network.router.run('ip', ['-4', 'addr', 'flush', 'dev', 'eth3']);
  await network.router.run('ip', ['addr', 'add', `1.2.${net}.3/24`, 'dev', 'eth3']);
  await hook(network, 'lease', 'eth3', `1.2.${net}.1`);
  await hook(network, 'lease', 'eth3', `fe80::${net}`);
}

const waits = () => expect.poll(() => place.isPending(), { timeout: 60_000 }).toBe(true);

/** Loads a policy, and goes back once something has happened. */
type Way = (network: Network, lines: readonly string[], meanwhile: () => Promise<void>) => unknown;
const unconfirmed = async (
  loading: Promise<Ended>,
  meanwhile: () => Promise<void>,
): Promise<void> => {
  await waits();
  await meanwhile();
  const ended = await loading;
  expect(ended.stderr).toContain('taken back');
  expect(ended.exitCode).toBe(5);
};
const WAYS: Readonly<Record<string, Way>> = {
  rollback: async (network, lines, meanwhile) => {
    await applied(network, lines);
    await meanwhile();
    expect(await place.routec(network, ['rollback', '--yes'])).toMatchObject({ exitCode: 0 });
  },
  'the clock of apply': (network, lines, meanwhile) => {
    const args = ['apply', place.policy(lines), '--yes', '--confirm', '4s'];
    return unconfirmed(place.routec(network, args), meanwhile);
  },
  'the clock of the loader': async (network, lines, meanwhile) => {
    const script = await place.compiled(lines);
    const loading = place.run(network, ['dash', script, 'start', '--confirm', '4']);
    return unconfirmed(loading, meanwhile);
  },
};

describe.each(Object.entries(WAYS))('the way back by %s', (_, back) => {
  it.each([
    ['stays', [...FIRST, 'route tcp 80 via dsl']],
    ['had gone', [CABLE, 'route tcp 25 via cable']],
  ])('brings the lease of today, where its uplink %s', (_, lines) =>
    withNetwork(NETWORK, async (network) => {
      await lease(network, 3);
      await applied(network, FIRST);
      expect(await ledTo(network)).toEqual(ofLease(3));
      await back(network, lines, () => lease(network, 9));
      expect(await ledTo(network)).toEqual(ofLease(9));
    }),
  );

  it('brings none that is over, nor what was withdrawn', () =>
    withNetwork(NETWORK, async (network) => {
      const more = [...FIRST, 'route tcp 80 via dsl'];
      const { router } = network;
      await lease(network, 3);
      await applied(network, FIRST);
      const table = (await router.run('ip', ['-4', 'route', 'show', 'table', 'all', 'dev', 'eth3']))
        .split('\n')
        .flatMap((line) => /^default .*table (\d+)/.exec(line)?.[1] ?? [])
        .sort()[0];
      await router.run('ip', ['route', 'del', 'default', 'table', table as string]);
      await back(network, more, () => lease(network, 9));
      expect(await ledTo(network)).toEqual(ofLease(9).toSpliced(4, 1));
      await back(network, more, async () => {
        await network.setLink('eth3', 'down');
        await hook(network, 'lost', 'eth3', '4');
      });
      expect(await ledTo(network)).toEqual(['1.2.9.3', '1.2.9.3']);
    }));

  it('leaves a link loaded that came up meanwhile', () =>
    withNetwork(NETWORK, async (network) => {
      const lines = [CABLE, DSL.replace('dhcp', '1.2.3.1'), 'route tcp 25 via dsl'];
      await network.setLink('eth3', 'down');
      await applied(network, lines);
      expect(await ledTo(network)).toEqual([]);
      let up: readonly string[] = [];
      await back(network, [...lines, 'route tcp 80 via dsl'], async () => {
        await network.setLink('eth3', 'up');
        await hook(network, 'up', 'eth3');
        up = await ledTo(network);
        expect(up).toContain('default via 1.2.3.1');
      });
      expect(await ledTo(network)).toEqual(up);
    }));
});

it('the way back by the clock of apply begins anew where an address changes on it', () =>
  withNetwork(NETWORK, async (network) => {
    await lease(network, 3);
    await applied(network, FIRST);
    // Clients wait for no lock.
    const armed = join(place.folder, 'armed');
    const lines = [
      '#!/bin/sh',
      `if [ "$*" = '-f -' ] && rm "${armed}" 2>/dev/null; then`,
      'ip -4 addr flush dev eth3; ip addr add 1.2.9.3/24 dev eth3',
      'fi',
      `PATH='${process.env.PATH}' exec nft "$@"`,
    ];
    rmSync(join(place.folder, 'tools/nft'));
    writeFileSync(join(place.folder, 'tools/nft'), lines.join('\n'), { mode: 0o755 });
    const args = [
      'apply',
      place.policy([...FIRST, 'route tcp 80 via dsl']),
      '--yes',
      '--confirm',
      '2s',
    ];
    const PATH = `${join(place.folder, 'tools')}:${process.env.PATH}`;
    await unconfirmed(place.routec(network, args, { PATH }), async () => writeFileSync(armed, ''));
    expect(existsSync(armed)).toBe(false);
    expect(await ledTo(network)).toContain('1.2.9.3');
  }));

describe.each(['apply', 'the loader'])('what %s loaded is taken back', (loader) => {
  const loading = async (
    network: Network,
    env: Env = {},
    seconds = 3,
    lines = FIRST,
  ): Promise<Ended> => {
    const script = await place.compiled(lines);
    return loader === 'apply'
      ? place.routec(
          network,
          ['apply', place.policy(lines), '--yes', '--confirm', `${seconds}s`],
          env,
        )
      : place.run(network, ['dash', script, 'start', '--confirm', `${seconds}`], env);
  };

  /** Who waits to be confirmed, or is its clock. */
  const numberIn = (name: 'pending' | 'timer'): number =>
    JSON.parse(readFileSync(join(place.folder, `run/routec/${name}.json`), 'utf8'))[name].pid;

  /** Who changes the kernel with that `ip` stands still, with the lock, until somebody waits for that. */
  const standing = ({ PATH }: Env) => {
    const [armed, folder] = [join(place.folder, 'armed'), join(place.folder, 'standing')];
    const lines = [
      '#!/bin/sh',
      `if rm "${armed}" 2>/dev/null; then until [ -e "${folder}/go" ]; do sleep 0.1; done; fi`,
      `PATH='${PATH}' exec ip "$@"`,
    ];
    mkdirSync(folder);
    writeFileSync(join(folder, 'ip'), lines.join('\n'), { mode: 0o755 });
    writeFileSync(armed, '');
    const isAwaited = (): boolean => {
      const { ino } = statSync(join(place.folder, 'run/routec.lock'));
      return new RegExp(`-> FLOCK .*:${ino} `).test(readFileSync('/proc/locks', 'utf8'));
    };
    return {
      env: { PATH: `${folder}:${PATH}` },
      stands: () => expect.poll(() => existsSync(armed), { timeout: 60_000 }).toBe(false),
      goes: async () => {
        await expect.poll(isAwaited, { timeout: 60_000 }).toBe(true);
        writeFileSync(join(folder, 'go'), '');
      },
    };
  };

  it.each(['rollback', 'down', 'the loader'])('though a way there by %s is killed', (other) =>
    withNetwork(NETWORK, async (network) => {
      const bare = await allOf(network);
      await unconfirmed(loading(network), async () => {
        const env = place.wrapped('kill', 2);
        const script = join(place.folder, 'policy/policy.load.sh');
        const killed =
          other === 'the loader'
            ? await place.run(network, ['dash', script, 'stop'], env)
            : await place.routec(network, [other, '--yes'], env);
        expect(killed.exitCode).not.toBe(0);
      });
      expect(await allOf(network)).toEqual(bare);
    }),
  );

  it('though a rollback fails meanwhile, and is undone', () =>
    withNetwork(NETWORK, async (network) => {
      const bare = await allOf(network);
      await unconfirmed(loading(network, {}, 12), async () => {
        const loaded = await allOf(network);
        const failed = await place.routec(network, ['rollback', '--yes'], place.wrapped('fail', 2));
        expect(failed).toMatchObject({ exitCode: 3 });
        expect(failed.stderr).toContain('it is still taken back');
        expect(await allOf(network)).toEqual(loaded);
        expect(place.isPending()).toBe(true);
      });
      expect(await allOf(network)).toEqual(bare);
    }));

  it('and not loaded again by its clock, though a rollback that did so could tell nobody', () =>
    withNetwork(NETWORK, async (network) => {
      const bare = await allOf(network);
      const load = loading(network);
      await waits();
      mkdirSync(join(place.folder, 'run/routec/outcome.json'));
      const rollback = await place.routec(network, ['rollback', '--yes']);
      expect(rollback).toMatchObject({ exitCode: 0 });
      await load;
      expect(await allOf(network)).toEqual(bare);
    }));

  it('though all are killed but its clock', () =>
    withNetwork(NETWORK, async (network) => {
      const bare = await allOf(network);
      const killed = loading(network, {}, 3600);
      await waits();
      process.kill(numberIn('pending'), 'SIGKILL');
      expect((await killed).exitCode).not.toBe(0);
      const rollback = place.routec(network, ['rollback', '--yes'], place.wrapped('kill', 2));
      expect((await rollback).exitCode).not.toBe(0);
      await expect.poll(() => allOf(network), { timeout: 60_000 }).toEqual(bare);
    }));

  it('though who waits comes before its clock where another left it half way', () =>
    withNetwork(NETWORK, async (network) => {
      const bare = await allOf(network);
      await unconfirmed(loading(network), async () => {
        const timer = numberIn('timer');
        process.kill(timer, 'SIGSTOP');
        // Whoever has the lock until after the time of both claims it then, and dies.
        const dies = 'sleep 11; cd "$1"; mv pending.json overdue.json';
        const run = join(place.folder, 'run/routec');
        const words = ['flock', `${run}.lock`, 'sh', '-c', dies, 'sh', run];
        expect(await place.run(network, words)).toMatchObject({ exitCode: 0 });
        await setTimeout(5000);
        process.kill(timer, 'SIGCONT');
      });
      expect(await allOf(network)).toEqual(bare);
    }));

  it('though a rollback is killed while another waits for it', () =>
    withNetwork(NETWORK, async (network) => {
      const bare = await allOf(network);
      const killed = loading(network, {}, 3600);
      await waits();
      const timer = numberIn('timer');
      process.kill(timer, 'SIGSTOP');
      process.kill(numberIn('pending'), 'SIGKILL');
      await killed;
      const { env, stands, goes } = standing(place.wrapped('kill', 2));
      const first = place.routec(network, ['rollback', '--yes'], env);
      await stands();
      const second = place.routec(network, ['rollback', '--yes']);
      await goes();
      expect((await first).exitCode).not.toBe(0);
      expect(await second).toMatchObject({ exitCode: 2 });
      process.kill(timer, 'SIGCONT');
      await expect.poll(() => allOf(network), { timeout: 30_000 }).toEqual(bare);
    }));

  it.each(['apply', 'rollback'])('and nobody has loaded over it: by %s, begun before it', (other) =>
    withNetwork(NETWORK, async (network) => {
      await applied(network, FIRST);
      const first = await allOf(network);
      const { env, stands, goes } = standing(place.wrapped('kill', 1000));
      const load = loading(network, env, 3, [...FIRST, 'route tcp 80 via dsl']);
      await stands();
      const words =
        other === 'apply' ? ['apply', place.policy([...FIRST, 'route tcp 443 via dsl'])] : [other];
      const late = place.routec(network, [...words, '--yes']);
      await goes();
      await unconfirmed(load, async () => {
        const { exitCode, stderr } = await late;
        expect(exitCode).toBe(2);
        expect(stderr).toContain(other === 'apply' ? 'still waits' : 'has just been loaded');
      });
      expect(await allOf(network)).toEqual(first);
    }),
  );

  it('and who learns of that too late leaves alone what was loaded since', () =>
    withNetwork(NETWORK, async (network) => {
      const late = loading(network);
      await waits();
      const pid = numberIn('pending');
      process.kill(pid, 'SIGSTOP');
      await expect.poll(() => place.isPending(), { timeout: 60_000 }).toBe(false);
      // Its end is read no more once another waits.
      const next = loading(network, {}, 60);
      await waits();
      const confirmed = await place.routec(network, ['confirm', '--same-login']);
      expect(confirmed).toMatchObject({ exitCode: 0 });
      expect(await next).toMatchObject({ exitCode: 0 });
      const loaded = await allOf(network);
      process.kill(pid, 'SIGCONT');
      const { exitCode, stderr } = await late;
      expect(exitCode).toBe(4);
      expect(stderr).toContain('how it ended is not known');
      expect(await allOf(network)).toEqual(loaded);
    }));

  it('though its clock is killed as it sets out', () =>
    withNetwork(NETWORK, async (network) => {
      const bare = await allOf(network);
      const [armed, pending] = [
        join(place.folder, 'armed'),
        join(place.folder, 'run/routec/pending.json'),
      ];
      const lines = [
        '#!/bin/sh',
        `if [ ! -e "${pending}" ] && rm "${armed}" 2>/dev/null; then kill -9 $PPID; fi`,
        `PATH='${process.env.PATH}' exec ip "$@"`,
      ];
      const env = place.wrapped('kill', 1000);
      rmSync(join(place.folder, 'tools/ip'));
      writeFileSync(join(place.folder, 'tools/ip'), lines.join('\n'), { mode: 0o755 });
      await unconfirmed(loading(network, env), async () => writeFileSync(armed, ''));
      expect(existsSync(armed)).toBe(false);
      expect(await allOf(network)).toEqual(bare);
    }));
});

describe.each(['apply', 'the loader'])('what %s fails to load, and undoes', (loader) => {
  const THIRD = [CABLE, DSL, 'route tcp 25,80 via cable', 'route udp 53 via dsl'];
  const SECOND = [...FIRST, 'route tcp 80 via dsl'];
  const load = async (network: Network, lines: readonly string[], env: Env = {}) => {
    const script = await place.compiled(lines);
    return loader === 'apply'
      ? place.routec(network, ['apply', place.policy(lines), '--yes'], env)
      : place.run(network, ['dash', script, 'reload'], env);
  };
  const rollback = async (network: Network) =>
    expect(await place.routec(network, ['rollback', '--yes'])).toMatchObject({ exitCode: 0 });

  it('costs nobody the way back from the load before', () =>
    withNetwork(NETWORK, async (network) => {
      expect(await load(network, FIRST)).toMatchObject({ exitCode: 0 });
      const first = await allOf(network);
      expect(await load(network, SECOND)).toMatchObject({ exitCode: 0 });
      expect(await load(network, THIRD, place.wrapped('fail', 2))).toMatchObject({ exitCode: 3 });
      await rollback(network);
      expect(await allOf(network)).toEqual(first);
    }));

  it('is what was broken off before, and not what was before that', () =>
    withNetwork(NETWORK, async (network) => {
      expect(await load(network, FIRST)).toMatchObject({ exitCode: 0 });
      const first = await allOf(network);
      expect((await load(network, THIRD, place.wrapped('kill', 1))).exitCode).not.toBe(0);
      expect(await load(network, THIRD, place.wrapped('fail', 1))).toMatchObject({ exitCode: 3 });
      expect(await load(network, THIRD)).toMatchObject({ exitCode: 0 });
      await rollback(network);
      expect(await allOf(network)).toEqual(first);
    }));

  it('is still taken back to what was before that, where the next is not confirmed', () =>
    withNetwork(NETWORK, async (network) => {
      const script = await place.compiled(FIRST);
      expect(await place.run(network, ['dash', script, 'start'])).toMatchObject({ exitCode: 0 });
      const first = await allOf(network);
      await place.compiled(THIRD);
      const killed = await place.run(network, ['dash', script, 'start'], place.wrapped('kill', 1));
      expect(killed.exitCode).not.toBe(0);
      expect(await load(network, THIRD, place.wrapped('fail', 1))).toMatchObject({ exitCode: 3 });
      const next = await place.run(network, ['dash', script, 'start', '--confirm', '1']);
      expect(next).toMatchObject({ exitCode: 5 });
      expect(await allOf(network)).toEqual(first);
    }));

  it('is what was broken off before, though its clock could not take that back', () =>
    withNetwork(NETWORK, async (network) => {
      expect(await load(network, FIRST)).toMatchObject({ exitCode: 0 });
      const first = await allOf(network);
      const script = await place.compiled(THIRD);
      const fails = join(place.folder, 'fails');
      const lines = [
        '#!/bin/sh',
        `PATH='${process.env.PATH}'`,
        'if [ "$*" != "-f -" ] || ! [ /proc/self/ns/net -ef "/proc/$PPID/ns/net" ]; then exec nft "$@"; fi',
        `[ ! -e "${fails}" ] || exit 1`,
        `nft "$@"; : >"${fails}"; kill -9 $PPID`,
      ];
      const PATH = `${join(place.folder, 'tools')}:${process.env.PATH}`;
      rmSync(join(place.folder, 'tools/nft'));
      writeFileSync(join(place.folder, 'tools/nft'), lines.join('\n'), { mode: 0o755 });
      const args =
        loader === 'apply'
          ? [process.execPath, ROUTEC, 'apply', place.policy(THIRD), '--yes', '--confirm', '60s']
          : ['dash', script, 'start', '--confirm', '60'];
      const killed = await place.run(network, args, { ...place.wrapped('kill', 1000), PATH });
      expect(killed.exitCode).not.toBe(0);
      const outcome = join(place.folder, 'run/routec/outcome.json');
      await expect.poll(() => existsSync(outcome), { timeout: 60_000 }).toBe(true);
      expect(readFileSync(outcome, 'utf8')).toContain('stuck');
      expect(await load(network, SECOND)).toMatchObject({ exitCode: 0 });
      await rollback(network);
      expect(await allOf(network)).toEqual(first);
    }));

  it('leaves nothing to go back to where nothing was loaded before', () =>
    withNetwork(NETWORK, async (network) => {
      expect(await load(network, FIRST, place.wrapped('fail', 2))).toMatchObject({ exitCode: 3 });
      const { exitCode, stderr } = await place.routec(network, ['rollback', '--yes']);
      const why = 'error: nothing was applied since this machine was started';
      expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: why });
    }));
});

describe.each([
  ['apply', 'apply'],
  ['apply', 'the loader'],
  ['the loader', 'apply'],
  ['the loader', 'the loader'],
] as const)('what %s loaded and %s takes away', (loader, remover) => {
  const change = async (who: string, network: Network, args: readonly string[], verb: string) => {
    const script = join(place.folder, 'policy/policy.load.sh');
    const ended =
      who === 'apply'
        ? await place.routec(network, [...args, '--yes'])
        : await place.run(network, ['dash', script, verb]);
    expect(ended).toMatchObject({ exitCode: 0 });
  };
  const load = async (network: Network, lines: readonly string[]): Promise<void> => {
    await place.compiled(lines);
    await change(loader, network, ['apply', place.policy(lines)], 'reload');
  };
  const takeAway = (network: Network) => change(remover, network, ['down'], 'stop');
  const settings = async ({ router }: Network, device: string): Promise<unknown> => ({
    group: JSON.parse(await router.run('ip', ['-j', 'link', 'show', device]))[0].group,
    rest: await Promise.all(
      [
        `net.ipv4.conf.${device}.rp_filter`,
        `net.ipv4.conf.${device}.ignore_routes_with_linkdown`,
        `net.ipv6.conf.${device}.ignore_routes_with_linkdown`,
      ].map((each) => router.run('sysctl', ['-n', each])),
    ),
  });

  it('leaves a device that came in between as it was made', () =>
    withNetwork(NETWORK, async (network) => {
      const { router } = network;
      const lines = [CABLE, 'uplink lte dev wwan0 gateway dhcp masquerade', 'route tcp 25 via lte'];
      await router.run('sysctl', ['net.ipv4.conf.default.rp_filter=1']);
      await load(network, lines);
      await router.run('ip', ['link', 'add', 'wwan0', 'type', 'veth', 'peer', 'name', 'far']);
      const made = await settings(network, 'wwan0');
      await hook(network, 'up', 'wwan0');
      expect(await settings(network, 'wwan0')).not.toEqual(made);
      await load(network, lines);
      await takeAway(network);
      expect(await settings(network, 'wwan0')).toEqual(made);
    }));

  it('leaves a device that was renamed in between as it was', () =>
    withNetwork(NETWORK, async (network) => {
      const { router } = network;
      for (const name of ['default', 'eth3']) {
        await router.run('sysctl', [`net.ipv4.conf.${name}.rp_filter=1`]);
      }
      const found = await settings(network, 'eth3');
      await load(network, FIRST);
      for (const words of ['eth3 down', 'eth3 name wan0', 'wan0 up']) {
        await router.run('ip', ['link', 'set', ...words.split(' ')]);
      }
      await load(
        network,
        FIRST.map((line) => line.replace('eth3', 'wan0')),
      );
      expect(await settings(network, 'wan0')).not.toEqual(found);
      await takeAway(network);
      expect(await settings(network, 'wan0')).toEqual(found);
    }));
});
