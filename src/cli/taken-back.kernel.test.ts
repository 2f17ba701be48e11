import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { awaitTakenBack } from '../lab/await-taken-back.ts';
import { allOf, LEASED as FIRST, CONFINED_NETWORK as NETWORK } from '../lab/confined-host.ts';
import { type Network, withNetwork } from '../lab/network.ts';
import { type Ended, type Env, makePlace, type Place } from '../lab/place.ts';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

const waits = () => expect.poll(() => place.isPending(), { timeout: 60_000 }).toBe(true);

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
      await awaitTakenBack(place, loading(network), async () => {
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
      await awaitTakenBack(place, loading(network, {}, 12), async () => {
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
      await awaitTakenBack(place, loading(network), async () => {
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
      const plain = ['apply', place.policy(FIRST), '--yes'];
      expect(await place.routec(network, plain)).toMatchObject({ exitCode: 0 });
      const first = await allOf(network);
      const { env, stands, goes } = standing(place.wrapped('kill', 1000));
      const load = loading(network, env, 3, [...FIRST, 'route tcp 80 via dsl']);
      await stands();
      const words =
        other === 'apply' ? ['apply', place.policy([...FIRST, 'route tcp 443 via dsl'])] : [other];
      const late = place.routec(network, [...words, '--yes']);
      await goes();
      await awaitTakenBack(place, load, async () => {
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
      await awaitTakenBack(place, loading(network, env), async () => writeFileSync(armed, ''));
      expect(existsSync(armed)).toBe(false);
      expect(await allOf(network)).toEqual(bare);
    }));
});
