import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { askConfined, CONFINED_NETWORK, FIRST } from './confined-host.ts';
import { INTO_CGROUP, ownCgroup } from './ground.ts';
import { withNetwork } from './network.ts';
import { makePlace, type Place, ROUTEC } from './place.ts';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

/**
 * A systemd of the router's own: first process of a process table, root of a cgroup hierarchy, with a /run and a
 * /var/lib that nobody else has. It finds no units but those that are written here, for those of a machine
 * would clean up its /tmp, and start its daemons.
 */
const BOOT = `
read -r pid rest </proc/self/stat
mount --make-rprivate /
mount -t proc proc /proc
mount -t cgroup2 cgroup2 /sys/fs/cgroup
for folder in /run /etc/systemd /usr/lib/systemd/system; do mount -t tmpfs tmpfs $folder; done
mount --bind "$1/tree/var/lib" /var/lib
mkdir -p /run/systemd/system /run/units
for unit in rt sysinit basic network-pre shutdown; do
  printf '[Unit]\\nDefaultDependencies=no\\n' >/run/units/$unit.target
done
cat >/run/units/nftables.service <<'END'
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=nft flush ruleset
ExecReload=nft flush ruleset
END
cp "$1/tree/etc/systemd/system/routec.service" /run/units
export container=routec SYSTEMD_UNIT_PATH=/run/units:/run/systemd/transient SYSTEMD_GENERATOR_PATH=/run/none
echo "$pid"
exec /lib/systemd/systemd --system --unit=rt.target --log-target=null >/dev/null
`;

/** What is done on the router, and what is there then, a line each. */
const DRIVE = `
folder=$1 node=$2 routec=$3
until systemctl is-active -q rt.target 2>/dev/null; do sleep 0.05; done
cd "$folder/policy"
export NO_COLOR=1
quietly() { "$@" >/dev/null 2>&1; }
rules() { ip rule show | grep -c 'proto 214'; }
clocks() { systemctl --no-legend --plain list-units 'routec-revert-*' | grep -c running; }
say() { if [ "$(rules)" = 0 ]; then echo "$1: nothing"; else echo "$1:" $(nft list tables); fi; }

try() {
  name=$1
  shift
  quietly "$@" --confirm 1s
  say "$name not confirmed, $?"
  quietly "$@" --confirm 3s &
  until quietly grep deadline /run/routec/pending.json; do sleep 0.05; done
  say "$name waits, $(clocks) clock"
  kill -9 $!
  quietly wait $!
  until [ "$(rules) $(clocks)" = '0 0' ]; do sleep 0.05; done
  say "$name killed"
  quietly "$@" --confirm 60s &
  until quietly grep deadline /run/routec/pending.json; do sleep 0.05; done
  quietly setsid -w "$node" "$routec" confirm
  quietly wait $!
  say "$name confirmed, $?"
  until [ "$(clocks)" = 0 ]; do sleep 0.05; done
}
systemctl start nftables routec
say "unit $(systemctl is-active routec)"
systemctl reload routec
say "reloaded, $?"
# It flushes the ruleset; ours follows it.
systemctl reload nftables
until [ "$(nft list tables)" != "" ] && [ "$(systemctl is-active routec)" = active ]; do sleep 0.05; done
say 'nftables reloaded'
systemctl stop routec
say 'unit stopped'
quietly sh policy.load.sh stop
say stopped
try loader sh policy.load.sh start
quietly "$node" "$routec" down --yes
say down
try apply "$node" "$routec" apply policy.route --yes
`;

const there = 'table inet routec';
const taken = (name: string): string[] => [
  `${name} not confirmed, 5: nothing`,
  `${name} waits, 1 clock: ${there}`,
  `${name} killed: nothing`,
  `${name} confirmed, 0: ${there}`,
];

it('is taken back by clocks of systemd, and loaded by its unit', { timeout: 300_000 }, () =>
  withNetwork(CONFINED_NETWORK, async (network) => {
    const { router } = network;
    const cgroup = ownCgroup();
    if (typeof cgroup === 'string') throw new Error(`the lab ${cgroup}, which systemd needs`);
    await place.compiled(FIRST);
    const tree = join(place.folder, 'tree');
    mkdirSync(join(tree, 'var/lib'), { recursive: true });
    const policy = join(place.folder, 'policy/policy.route');
    await execa(process.execPath, [ROUTEC, 'install', policy, '--root', tree, '--all']);
    const views = ['--mount', '--pid', '--cgroup', '--uts', '--ipc'];
    const boot = spawn(
      'sh',
      [
        ...['-c', INTO_CGROUP, 'sh', cgroup.root, 'ip', 'netns', 'exec', router.name],
        ...['unshare', ...views, '--fork', '--kill-child', 'sh', '-c', BOOT, 'sh', place.folder],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'], detached: true },
    );
    const ended = new Promise<void>((done) => boot.on('close', () => done()));
    try {
      const lines = createInterface({ input: boot.stdout })[Symbol.asyncIterator]();
      const pid = await lines.next();
      const { stdout } = await execa(
        'timeout',
        [
          ...['120', 'nsenter', '--target', pid.value ?? '', '--net', ...views],
          ...['sh', '-c', DRIVE, 'sh', place.folder, process.execPath, ROUTEC],
        ],
        { stdin: 'ignore', stderr: 'inherit' },
      );
      expect(stdout.split('\n')).toEqual([
        `unit active: ${there}`,
        `reloaded, 0: ${there}`,
        `nftables reloaded: ${there}`,
        `unit stopped: ${there}`,
        'stopped: nothing',
        ...taken('loader'),
        'down: nothing',
        ...taken('apply'),
      ]);
      expect(await askConfined(network)).toEqual([]);
    } finally {
      boot.kill('SIGKILL');
      await ended;
      await cgroup.sweep();
    }
  }),
);
