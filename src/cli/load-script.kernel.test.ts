import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  allOf as all,
  askConfined as ask,
  FIRST,
  CONFINED_NETWORK as NETWORK,
  SECOND,
  underTraffic,
} from '../lab/confined-host.ts';
import { type Network, withNetwork } from '../lab/network.ts';
import { type Env, makePlace, type Place } from '../lab/place.ts';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

const compiled: Place['compiled'] = (...args) => place.compiled(...args);
const wrapped: Place['wrapped'] = (...args) => place.wrapped(...args);
const onRouter: Place['run'] = (...args) => place.run(...args);
const routec = (network: Network, ...args: readonly string[]) => place.routec(network, args);

/** A shell, with the tools that come with it. */
interface Shell {
  readonly command: readonly string[];
  readonly env?: Env;
}
const DASH: Shell = { command: ['dash'] };
/** All of busybox but its `ip`, which knows no batch, and its `unshare`, of which the shell is not needed. */
async function busybox(): Promise<Shell> {
  const { stdout } = await execa('busybox', ['--list']);
  mkdirSync(join(place.folder, 'busybox'));
  const tool = '/usr/bin/busybox';
  for (const applet of stdout.split('\n').filter((each) => each !== 'ip')) {
    symlinkSync(tool, join(place.folder, 'busybox', applet));
  }
  return {
    command: [tool, 'sh'],
    env: { PATH: `${join(place.folder, 'busybox')}:${process.env.PATH}` },
  };
}

const NOTHING_TO_DO = 'nothing to do: what is live is what is wanted';

/** Milliseconds: the shell is slow, and a machine may be busy. */
const LONG = 300_000;

describe('policy.load.sh', { timeout: LONG }, () => {
  it.each(['dash', 'busybox'])('loads what `routec apply` loads, by %s', (name) =>
    withNetwork(NETWORK, async (network) => {
      const { command, env } = name === 'dash' ? DASH : await busybox();
      const policy = join(place.folder, 'policy/policy.route');
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
      const kept = join(place.folder, 'lib/good/policy.load.sh');
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
      expect(existsSync(join(place.folder, 'lib/good'))).toBe(false);
    }),
  );

  it('loads a ruleset for iptables as `routec apply` does', () =>
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
      // What somebody changed is mended: a jump twice, a set.
      const second = [...'-t nat -A POSTROUTING -j routec-source-nat'.split(' ')];
      await network.router.run('iptables', second);
      const { stdout: sets } = await onRouter(network, ['ipset', 'list', '-n']);
      const set = sets.split('\n')[0] ?? '';
      await network.router.run('ipset', ['add', set, '9.9.9.9']);
      expect((await load('status')).stdout.split('\n')).toEqual([
        'missing: jump to routec-output in iptables mangle OUTPUT',
        `changed: ipset - ${set}`,
        'changed: jump to routec-source-nat in iptables nat POSTROUTING',
      ]);
      expect(await load('reload')).toMatchObject({ exitCode: 0 });
      expect(await load('status')).toMatchObject({ exitCode: 0 });
      script = await compiled(FIRST, 'iptables');
      expect(await load('start')).toMatchObject({ exitCode: 0 });
      expect(await load('status')).toMatchObject({ exitCode: 0 });
      const policy = join(place.folder, 'policy/policy.route');
      expect(await routec(network, 'plan', policy)).toMatchObject({ stdout: NOTHING_TO_DO });
      script = await compiled(SECOND, 'iptables');
      expect(await routec(network, 'apply', policy, '--yes')).toMatchObject({ exitCode: 0 });
      expect(await load('status')).toMatchObject({ exitCode: 0 });
      expect(await load('start')).toMatchObject({ exitCode: 0, stdout: NOTHING_TO_DO });
      // What was before is known, whoever loaded it.
      expect(await routec(network, 'rollback', '--yes')).toMatchObject({ exitCode: 0 });
      expect(await all(network)).toEqual(first);
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
      await network.router.run('ip', ['rule', 'add', 'pref', '6050', 'lookup', 'main']);
      const among = await load({}, 'reload');
      expect(among).toMatchObject({ exitCode: 2 });
      expect(among.stderr).toMatch(/the rule `6050:.* lookup .*` \(IPv4\) stands among ours/);
      await network.router.run('ip', ['rule', 'del', 'pref', '6050']);
      const failed = await load(wrapped('fail', 7), 'reload');
      expect(failed).toMatchObject({ exitCode: 3 });
      expect(await all(network)).toEqual(first);

      const nft = join(place.folder, 'policy/policy.nft');
      chmodSync(nft, 0o666);
      expect((await load({}, 'start')).stderr).toContain(`${nft}: everybody may write into it`);
      chmodSync(nft, 0o644);
      chmodSync(join(place.folder, 'policy'), 0o777);
      expect((await load({}, 'start')).stderr).toContain('everybody may write into it');
      chmodSync(join(place.folder, 'policy'), 0o755);
      writeFileSync(nft, `${readFileSync(nft, 'utf8')}# and more\n`);
      const changed = await load({}, 'start');
      expect(changed).toMatchObject({ exitCode: 2 });
      expect(changed.stderr).toContain('policy.nft does not agree with its manifest');
      expect(await all(network)).toEqual(first);
    }));

  it.each(['nft', 'iptables'] as const)(
    'leaks nothing when it is killed at each step in turn, and converges, with %s',
    (backend) =>
      withNetwork(NETWORK, async (network) => {
        let script = await compiled(FIRST, backend);
        const load = (env: Env, ...args: readonly string[]) =>
          onRouter(network, ['dash', script, ...args], env);
        expect(await load({}, 'start')).toMatchObject({ exitCode: 0 });
        const first = await all(network);
        script = await compiled(SECOND, backend);
        let kills = 0;
        const { wrong, right } = await underTraffic(network, async () => {
          for (; kills < 40; kills += 1) {
            const what = kills % 2 === 0 ? 'kill' : 'half';
            const ended = await load(
              wrapped(what, what === 'kill' ? 1 : (kills % 6) + 1),
              'reload',
            );
            if (ended.exitCode === 0) break;
            // What wrote to the killed one may complain.
            expect(ended.stderr, `kill ${kills}`).not.toMatch(/^error:/m);
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
      }),
  );
});

/** What runs a line of shell with a /run of its own, of a size; `$0` is the loader there. */
const withSmallRun = (size: string, line: string, loader: string): string[] => {
  const mount = `mkdir -p "$ROUTEC_RUN" && mount -t tmpfs -o size=${size},mode=700 none "$ROUTEC_RUN"`;
  return ['unshare', '-m', 'sh', '-c', `${mount} && ${line}`, loader];
};
const FILL = 'cat /dev/zero >"$ROUTEC_RUN/fill"';

describe('policy.load.sh without room', { timeout: LONG }, () => {
  it('begins nothing that it can not write down, and knows what is live all the same', () =>
    withNetwork(NETWORK, async (network) => {
      const script = await compiled(FIRST);
      const bare = await all(network);
      for (const size of ['64k', '192k', '224k', '256k']) {
        const line = `sh "$0" start; ended=$?; ${FILL}; sh "$0" status; exit $ended`;
        const refused = await onRouter(network, withSmallRun(size, line, script));
        expect(refused, size).toMatchObject({ exitCode: 2, stdout: 'nothing of routec is live' });
        expect(refused.stderr, size).toContain('No space left on device');
        expect(await all(network), size).toEqual(bare);
      }
      const line = `sh "$0" start && ${FILL}; sh "$0" stop`;
      const kept = await onRouter(network, withSmallRun('2m', line, script));
      expect(kept).toMatchObject({ exitCode: 2 });
      expect(kept.stderr).toContain('nothing was changed: make room, and try again');
      expect(JSON.stringify(await all(network))).toContain('table inet routec');
    }));

  it.each([
    ['full', FILL],
    ['read-only', 'mount -o remount,ro "$ROUTEC_RUN"'],
  ])('takes back what nobody confirms though the disk is %s by then', (_, spoil) =>
    withNetwork(NETWORK, async (network) => {
      const script = await compiled(FIRST);
      const bare = await all(network);
      const waits = 'kill -0 $! && ! grep deadline "$ROUTEC_RUN/pending.json"';
      const line = `{ sh "$0" start --confirm 1 & while ${waits}; do sleep 0.1; done; ${spoil}; wait $!; }`;
      expect(await onRouter(network, withSmallRun('2m', line, script))).toMatchObject({
        exitCode: 5,
      });
      expect(await all(network)).toEqual(bare);
    }),
  );

  it('knows what was before a load that it undoes, though the disk is full by then', () =>
    withNetwork(NETWORK, async (network) => {
      const script = await compiled(FIRST);
      const first = join(place.folder, 'first');
      cpSync(dirname(script), first, { recursive: true });
      await compiled(SECOND);
      const own = '[ /proc/self/ns/net -ef "/proc/$PPID/ns/net" ]';
      // No more than that, should the disk be another.
      const fill = `head -c 4194304 /dev/zero >'${join(place.folder, 'run/routec/fill')}'`;
      const { PATH } = tools(
        'nft',
        `if [ "$*" = '-f -' ] && ${own}; then ${fill}; exit 1; fi; PATH='${process.env.PATH}' exec nft "$@"`,
      );
      const line = [
        `sh '${first}/policy.load.sh' start && sh "$0" start && cp -R "$ROUTEC_RUN" '${first}/run'`,
        `PATH='${PATH}' sh '${first}/policy.load.sh' start; ended=$?`,
        `cd '${first}/run' && for each in before.json snapshot; do diff -rq $each "$ROUTEC_RUN/$each"; done; exit $ended`,
      ].join('; ');
      const undone = await onRouter(network, withSmallRun('2m', line, script));
      expect(undone).toMatchObject({ exitCode: 3, stdout: '' });
      expect(undone.stderr).not.toContain('diff');
    }));

  it('needs no more than that where it may mount nothing', () =>
    withNetwork(NETWORK, async (network) => {
      const script = await compiled(FIRST);
      const bare = await all(network);
      const confined = 'setpriv --bounding-set=-sys_admin --inh-caps=-all sh "$0"';
      for (const size of ['512k', '1200k', '1300k', '1400k']) {
        const run = withSmallRun(size, `${confined} start`, script);
        expect(await onRouter(network, run), size).toMatchObject({ exitCode: 2 });
        expect(await all(network), size).toEqual(bare);
      }
      const waits = 'kill -0 $! && ! grep deadline "$ROUTEC_RUN/pending.json"';
      const line = `{ ${confined} start --confirm 1 & while ${waits}; do sleep 0.1; done; ${FILL}; wait $!; }`;
      expect(await onRouter(network, withSmallRun('4m', line, script))).toMatchObject({
        exitCode: 5,
      });
      expect(await all(network)).toEqual(bare);
    }));
});

/** A folder of all tools but one, or with another in its place; and a PATH that has it first. */
const tools = (name: string, text?: string): Env => {
  const folder = join(place.folder, `tools-${name}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  if (text === undefined) {
    const all = ['/usr/bin', '/usr/sbin'].flatMap((bin) =>
      readdirSync(bin).map((each) => [each, join(bin, each)] as const),
    );
    for (const [each, path] of new Map(all)) {
      if (each !== name) symlinkSync(path, join(folder, each));
    }
    return { PATH: folder };
  }
  writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return { PATH: `${folder}:${process.env.PATH}` };
};

describe('policy.load.sh, before it changes anything', { timeout: LONG }, () => {
  it('refuses what `routec apply` refuses', () =>
    withNetwork(NETWORK, async (network) => {
      const script = await compiled(FIRST);
      const ip = (line: string) => network.router.run('ip', line.split(' '));
      const sysctl = (line: string) => network.router.run('sysctl', ['-qw', line]);
      const refused = async (words: string, by = script): Promise<void> => {
        const before = await all(network);
        const ended = await onRouter(network, ['dash', by, 'start']);
        expect(ended, words).toMatchObject({ exitCode: 2 });
        expect(ended.stderr).toContain(words);
        expect(await all(network), words).toEqual(before);
      };
      for (const [family, path] of [
        [4, 'net/ipv4/ip_forward'],
        [6, 'net/ipv6/conf/all/forwarding'],
      ]) {
        await sysctl(`${path}=0`);
        await refused(`this machine forwards no IPv${family}, and the policy has rules for it`);
        await sysctl(`${path}=1`);
      }
      await ip('rule add pref 100 lookup main protocol 214');
      await refused('(IPv4) has our protocol and no priority of ours');
      await ip('rule del pref 100');

      const open = join(place.folder, 'open');
      const manifest = join(place.folder, 'policy/policy.manifest.json');
      mkdirSync(join(open, 'inner'), { recursive: true });
      chmodSync(open, 0o777);
      renameSync(manifest, join(open, 'inner/policy.manifest.json'));
      symlinkSync(join(open, 'inner/policy.manifest.json'), manifest);
      await refused(`${open}: everybody may write into it`);
      rmSync(manifest);
      renameSync(join(open, 'inner/policy.manifest.json'), manifest);

      await network.router.run('iptables-legacy', ['-w', '-t', 'mangle', '-N', 'routec-old']);
      await refused('`iptables-legacy` holds chains of routec, and `iptables` here is not that');
      await network.router.run('iptables-legacy', ['-w', '-t', 'mangle', '-X', 'routec-old']);
      await network.router.run('iptables', ['-t', 'mangle', '-N', 'routec-old']);
      await refused('what runs was loaded for iptables');
      await network.router.run('iptables', ['-t', 'mangle', '-X', 'routec-old']);

      // At boot it is loaded all the same: what forwards may be switched on later.
      expect(await onRouter(network, ['dash', script, 'start'])).toMatchObject({ exitCode: 0 });
      await network.router.run('nft', ['delete', 'table', 'inet', 'routec']);
      await sysctl('net/ipv4/ip_forward=0');
      await refused('this machine forwards no IPv4');
      const good = join(place.folder, 'lib/good/policy.load.sh');
      const booted = await onRouter(network, ['dash', good, 'start']);
      expect(booted).toMatchObject({ exitCode: 0 });
      expect(booted.stderr).toContain('warning: this machine forwards no IPv4');
      // IPv4 is forwarded where the device that it comes by has that on.
      await network.router.run('nft', ['delete', 'table', 'inet', 'routec']);
      await sysctl('net/ipv4/conf/eth2/forwarding=1');
      expect(await onRouter(network, ['dash', script, 'start'])).toMatchObject({ exitCode: 0 });
    }));

  it('refuses to take chains away that rules of others lead into', () =>
    withNetwork(NETWORK, async (network) => {
      let script = await compiled(SECOND, 'iptables');
      const load = (...args: readonly string[]) => onRouter(network, ['dash', script, ...args]);
      expect(await load('start')).toMatchObject({ exitCode: 0 });
      const jump = ['FORWARD', '-p', 'tcp', '-j', 'routec-slot-8'];
      await network.router.run('iptables', ['-t', 'mangle', '-A', ...jump]);
      const second = await all(network);
      script = await compiled(FIRST, 'iptables');
      for (const command of ['reload', 'stop']) {
        const refused = await load(command);
        expect(refused).toMatchObject({ exitCode: 2 });
        expect(refused.stderr).toContain(
          `the rule \`-A ${jump.join(' ')}\` (iptables, mangle) leads into a chain that is to go`,
        );
        expect(await all(network)).toEqual(second);
      }
      await network.router.run('iptables', ['-t', 'mangle', '-D', ...jump]);
      expect(await load('reload')).toMatchObject({ exitCode: 0 });
    }));

  it('forgets a load whose clock did not start, or that was killed before it did', () =>
    withNetwork(NETWORK, async (network) => {
      let script = await compiled(FIRST);
      const load = (env: Env, ...args: readonly string[]) =>
        onRouter(network, ['dash', script, ...args], env);
      const record = (name: string): string => join(place.folder, `run/routec/${name}.json`);
      expect(await load({}, 'start')).toMatchObject({ exitCode: 0 });
      const [first, before] = [await all(network), readFileSync(record('before'), 'utf8')];
      script = await compiled(SECOND);
      const without = await load(tools('setsid', 'exit 0'), 'start', '--confirm', '9');
      expect(without).toMatchObject({ exitCode: 2 });
      expect(without.stderr).toContain('the clock that would take it back does not start');
      await load(tools('setsid', 'kill -9 $PPID'), 'start', '--confirm', '9');
      expect(existsSync(record('pending'))).toBe(true);
      // Nothing was begun, so the way back is still the old one.
      expect(existsSync(record('begun'))).toBe(false);
      expect(readFileSync(record('before'), 'utf8')).toBe(before);
      expect(await all(network)).toEqual(first);
      expect(await load({}, 'start')).toMatchObject({ exitCode: 0 });
      expect(existsSync(record('pending'))).toBe(false);

      const [boot] = /"boot":"[^"]*"/.exec(readFileSync(record('before'), 'utf8')) ?? [];
      const overdue = '{"token":"1","pid":0,"login":[],"deadline":"1"}';
      writeFileSync(record('pending'), `{${boot},"pending":${overdue}}`);
      expect(await load({}, 'start')).toMatchObject({ exitCode: 0 });

      // Of an apply that was broken off, it does not know what was before.
      script = await compiled(FIRST);
      const policy = join(place.folder, 'policy/policy.route');
      expect(await routec(network, 'apply', policy, '--yes')).toMatchObject({ exitCode: 0 });
      writeFileSync(record('begun'), `{${boot},"begun":{"pid":1}}`);
      script = await compiled(SECOND);
      const unknown = await load({}, 'start', '--confirm', '1');
      expect(unknown).toMatchObject({ exitCode: 2 });
      expect(unknown.stderr).toContain('what was before it is not known here');
    }));

  it.each([
    ['nft', 'sort'],
    ['iptables', 'ip6tables-save'],
  ] as const)('refuses what it lacks a tool or a file for, with %s', (backend, tool) =>
    withNetwork(NETWORK, async (network) => {
      const script = await compiled(FIRST, backend);
      const load = (env: Env) => onRouter(network, ['dash', script, 'start'], env);
      const bare = await all(network);
      const emptying = (name: string): Env =>
        tools('cp', `: >${join(place.folder, 'policy', name)}; exec /bin/cp "$@"`);
      // It looks beside its PATH.
      const text = readFileSync(script, 'utf8');
      writeFileSync(script, text.replace(':/usr/sbin:/usr/bin:/sbin:/bin"', '"'));
      const missing = await load(tools(tool));
      expect(missing).toMatchObject({ exitCode: 2 });
      expect(missing.stderr).toContain(`\`${tool}\` is not installed`);
      for (const name of ['policy.load.sh', 'policy.manifest.json']) {
        expect(await load(emptying(name)), name).toMatchObject({ exitCode: 2 });
        expect(await all(network), name).toEqual(bare);
        writeFileSync(script, text);
      }
    }),
  );

  it('loads where IPv6 is switched off, as `routec apply` does', () =>
    withNetwork(NETWORK, async (network) => {
      const script = await compiled(FIRST);
      const policy = join(place.folder, 'policy/policy.route');
      const load = (...args: readonly string[]) => onRouter(network, ['dash', script, ...args]);
      const sysctl = (line: string) => network.router.run('sysctl', ['-qw', line]);
      await sysctl('net.ipv6.conf.all.disable_ipv6=1');
      expect(await load('start')).toMatchObject({ exitCode: 0 });
      const loaded = await all(network);
      expect(await load('stop')).toMatchObject({ exitCode: 0 });
      expect(await routec(network, 'apply', policy, '--yes')).toMatchObject({ exitCode: 0 });
      expect(await all(network)).toEqual(loaded);
      expect(await load('stop')).toMatchObject({ exitCode: 0 });

      // What was before can't all be again.
      await sysctl('net.ipv6.conf.all.disable_ipv6=0');
      expect(await load('start')).toMatchObject({ exitCode: 0 });
      await network.router.run('nft', ['delete', 'table', 'inet', 'routec']);
      expect(await load('start')).toMatchObject({ exitCode: 0 });
      await sysctl('net.ipv6.conf.all.disable_ipv6=1');
      expect(await routec(network, 'rollback', '--yes')).toMatchObject({ exitCode: 0 });
    }));
});

describe('routec.service', () => {
  it('loads at boot what was installed, with what its unit lets it do, and a hook the rest', () =>
    withNetwork(NETWORK, async (network) => {
      const script = await compiled(FIRST);
      const root = join(place.folder, 'root');
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

describe('policy.load.sh start --confirm', { timeout: LONG }, () => {
  const waits = (): Promise<void> =>
    expect.poll(() => place.isPending(), { timeout: 60_000 }).toBe(true);

  it('takes it back when nobody confirms, whatever became of the files', () =>
    withNetwork(NETWORK, async (network) => {
      let script = await compiled(FIRST);
      const load = (...args: readonly string[]) => onRouter(network, ['dash', script, ...args]);
      expect(await load('start')).toMatchObject({ exitCode: 0 });
      const first = await all(network);
      script = await compiled(SECOND);
      const starting = load('start', '--confirm', '3');
      await waits();
      rmSync(join(place.folder, 'policy'), { recursive: true });
      expect(await starting).toMatchObject({ exitCode: 5 });
      expect(await all(network)).toEqual(first);
      script = await compiled(FIRST);
      expect(await load('status')).toMatchObject({ exitCode: 0 });
      expect(await routec(network, 'confirm')).toMatchObject({ exitCode: 2 });
    }));

  it.each([
    ['fails', 'fail'],
    ['is the last that the clock lives to see', 'kill'],
  ] as const)('comes back where a step of the way back %s', (_, what) =>
    withNetwork(NETWORK, async (network) => {
      const script = await compiled(FIRST);
      const bare = await all(network);
      const loading = onRouter(
        network,
        ['dash', script, 'start', '--confirm', '1'],
        wrapped(what, 13),
      );
      expect(await loading).toMatchObject({ exitCode: 5 });
      expect(Number(readFileSync(join(place.folder, 'count'), 'utf8'))).toBeGreaterThan(13);
      expect(await all(network)).toEqual(bare);
    }),
  );

  it('hears how a slow rollback of another ended', () =>
    withNetwork(NETWORK, async (network) => {
      const script = await compiled(FIRST);
      const starting = onRouter(network, ['dash', script, 'start', '--confirm', '3']);
      await waits();
      // As `routec rollback` does it: under the lock it claims what is pending, goes back, and writes down how that ended.
      const lines = [
        'cd "$ROUTEC_RUN" && mv pending.json overdue.json && sleep 12',
        'sed \'s/"pending":{/"outcome":{"outcome":"reverted",/\' overdue.json >outcome.json',
      ];
      const lock = join(place.folder, 'run/routec.lock');
      const back = await onRouter(network, ['flock', lock, 'sh', '-c', lines.join(' && ')]);
      expect(back).toMatchObject({ exitCode: 0 });
      expect(await starting).toMatchObject({ exitCode: 5 });
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
      expect(existsSync(join(place.folder, 'lib/good'))).toBe(false);
      expect(await place.elsewhere(network, ['dash', script, 'confirm'])).toMatchObject({
        exitCode: 0,
      });
      expect(await starting).toMatchObject({ exitCode: 0 });
      expect(existsSync(join(place.folder, 'lib/good/policy.manifest.json'))).toBe(true);
    }));
});
