import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  allOf,
  CABLE,
  DSL,
  LEASED as FIRST,
  CONFINED_NETWORK as NETWORK,
} from '../lab/confined-host.ts';
import { type Network, withNetwork } from '../lab/network.ts';
import { type Env, makePlace, type Place, ROUTEC } from '../lab/place.ts';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

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
