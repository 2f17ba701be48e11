import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { awaitTakenBack } from '../lab/await-taken-back.ts';
import { CABLE, DSL, LEASED as FIRST, CONFINED_NETWORK as NETWORK } from '../lab/confined-host.ts';
import { type Network, withNetwork } from '../lab/network.ts';
import { makePlace, type Place } from '../lab/place.ts';

const LINK = join(import.meta.dirname, '../../deploy/routec-link');
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

/** Loads a policy, and goes back once something has happened. */
type Way = (network: Network, lines: readonly string[], meanwhile: () => Promise<void>) => unknown;
const WAYS: Readonly<Record<string, Way>> = {
  rollback: async (network, lines, meanwhile) => {
    await applied(network, lines);
    await meanwhile();
    expect(await place.routec(network, ['rollback', '--yes'])).toMatchObject({ exitCode: 0 });
  },
  'the clock of apply': (network, lines, meanwhile) => {
    const args = ['apply', place.policy(lines), '--yes', '--confirm', '4s'];
    return awaitTakenBack(place, place.routec(network, args), meanwhile);
  },
  'the clock of the loader': async (network, lines, meanwhile) => {
    const script = await place.compiled(lines);
    const loading = place.run(network, ['dash', script, 'start', '--confirm', '4']);
    return awaitTakenBack(place, loading, meanwhile);
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
    await awaitTakenBack(place, place.routec(network, args, { PATH }), async () =>
      writeFileSync(armed, ''),
    );
    expect(existsSync(armed)).toBe(false);
    expect(await ledTo(network)).toContain('1.2.9.3');
  }));

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
