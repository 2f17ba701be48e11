import { join } from 'node:path';
import { DEPLOY } from 'routec:deploy';
import { bug } from '../bug.ts';
import { readText } from '../host/artefact-folder.ts';
import type { Artefacts } from './artefacts.ts';
import type { Namespace } from './namespace.ts';
import { leasesOf, type ThereOrGone } from './network.ts';

/** The two programs that go by the name of iptables. */
export type Iptables = 'nft' | 'legacy';

/**
 * Loads artefacts with the plain tools alone, in the order in which a person would by hand.
 *
 * @param running what is loaded already: then it is a reload; guard and jumps stay where they are
 * @param iptables which one, where the artefacts are for iptables
 */
export async function load(
  router: Namespace,
  files: Artefacts,
  running?: Artefacts,
  iptables: Iptables = 'nft',
): Promise<void> {
  await sysctl(router, files, '');
  if (running === undefined) await batches(router, files, '.guard');
  else await takeRulesAway(router, running);
  await batches(router, files, '');
  const there = await devices(router);
  for (const device of new Set(files.uplinks.map((uplink) => uplink.device))) {
    if (there.get(device) === 'up') await runLink(router, files, 'up', device);
  }
  await loadNamed(router, files, iptables);
  if (files.backend === 'nft') await router.run('nft', ['-f', path(files, '.nft')]);
  else await loadIptables(router, files, running === undefined, iptables);
}

async function loadIptables(
  router: Namespace,
  files: Artefacts,
  first: boolean,
  iptables: Iptables,
): Promise<void> {
  await ipset(router, files, '.ipset');
  for (const tables of ['iptables', 'ip6tables']) {
    await restore(router, files, `.${tables}`, `${tables}-${iptables}-restore`);
    if (!first) continue;
    await restore(router, files, `.hook.${tables}`, `${tables}-${iptables}-restore`);
  }
}

/** What a tool says of a user or a cgroup that is not there. */
const NO_SUCH_NAME =
  /User does not exist|cgroupv2 path fails|Could not parse cgroupsv2 path|--uid-owner|RULE_APPEND failed|line \d+ failed/;

/** The users and cgroups that the router has; to iptables it is said of the others that they are not there. */
async function loadNamed(router: Namespace, files: Artefacts, iptables: Iptables): Promise<void> {
  const named = [...files.names].filter((name) =>
    /^(user|cgroup)\.[^.]+\.(nft|ip6?tables)$/.test(name.slice(files.base.length + 1)),
  );
  for (const name of named) {
    const file = join(seen(files), name);
    const [, tables = ''] = /\.(ip6?tables)$/.exec(name) ?? [];
    const tool =
      tables === '' ? ['nft', '-f'] : [`${tables}-${iptables}-restore`, '-w', '--noflush'];
    try {
      // A namespace has a /sys of its own, without cgroups.
      const mounted =
        '{ mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup; } && exec "$@"';
      await router.run('sh', ['-c', mounted, 'sh', ...tool, file]);
    } catch (error) {
      if (!NO_SUCH_NAME.test((error as Error).message)) throw error;
      const absent = file.replace(/[^.]+$/, 'absent.$&');
      if (tables !== '') await router.run(tool[0] ?? '', ['-w', '--noflush', absent]);
    }
  }
}

async function ipset(router: Namespace, files: Artefacts, end: string): Promise<void> {
  if (!files.names.has(`${files.base}${end}`)) return;
  await router.run('ipset', ['-exist', 'restore', '-file', path(files, end)]);
}

async function restore(router: Namespace, files: Artefacts, end: string, tool: string) {
  await router.run(tool, ['-w', '--noflush', path(files, end)]);
}

const LINK = DEPLOY['routec-link'] ?? bug('a script is lost');

/** Runs what is shipped for link hooks and DHCP clients. */
export async function runLink(
  router: Namespace,
  files: Artefacts,
  ...words: readonly string[]
): Promise<void> {
  const settings = [`ROUTEC_FOLDER=${seen(files)}`, `ROUTEC_STATE=${leasesOf(router)}`];
  await router.run('env', [...settings, 'sh', '-c', LINK, 'routec-link', ...words]);
}

/** What a monitor does: the first default route of an uplink's files is that of its choice. */
export async function setDefault(
  router: Namespace,
  files: Artefacts,
  uplink: string,
  to: ThereOrGone,
): Promise<void> {
  for (const [family, end] of [
    ['-4', 'ip'],
    ['-6', 'ip6'],
  ] as const) {
    const text = readText(files.folder, `${files.base}.uplink.${uplink}.${end}`) ?? '';
    const line = /^route replace (default .*)$/m.exec(text)?.[1];
    if (line === undefined) continue;
    const words = line.replace(' onlink', to === 'gone' ? '' : ' onlink').split(' ');
    await router.run('ip', [family, 'route', to === 'gone' ? 'del' : 'replace', ...words]);
  }
}

/** Takes away everything that was loaded, in reverse. */
export async function unload(
  router: Namespace,
  files: Artefacts,
  iptables: Iptables = 'nft',
): Promise<void> {
  if (files.backend === 'nft') await router.run('nft', ['delete', 'table', 'inet', 'routec']);
  else {
    for (const tables of ['iptables', 'ip6tables']) {
      await restore(router, files, `.down.${tables}`, `${tables}-${iptables}-restore`);
    }
    await ipset(router, files, '.down.ipset');
  }
  await takeRulesAway(router, files);
  await batches(router, files, '.guard.down');
}

async function takeRulesAway(router: Namespace, files: Artefacts): Promise<void> {
  const there = await devices(router);
  for (const { name, device } of files.uplinks) {
    if (there.has(device)) await batches(router, files, `.uplink.${name}.down`);
  }
  await batches(router, files, '.down');
}

/** Where the tools find them. */
const seen = ({ folder, at = folder }: Artefacts): string => at;

const path = (files: Artefacts, end: string): string => join(seen(files), files.base + end);

/** The batch of each family, where there is one. */
async function batches(router: Namespace, files: Artefacts, stem: string): Promise<void> {
  if (files.names.has(`${files.base}${stem}.ip`)) {
    await router.run('ip', ['-batch', path(files, `${stem}.ip`)]);
  }
  if (files.names.has(`${files.base}${stem}.ip6`)) {
    await router.run('ip', ['-6', '-batch', path(files, `${stem}.ip6`)]);
  }
}

async function sysctl(router: Namespace, files: Artefacts, stem: string): Promise<void> {
  if (!files.names.has(`${files.base}${stem}.sysctl`)) return;
  await router.run('sysctl', ['-q', '-p', path(files, `${stem}.sysctl`)]);
}

async function devices(router: Namespace): Promise<ReadonlyMap<string, 'up' | 'down'>> {
  const links: { ifname: string; flags: string[] }[] = JSON.parse(
    await router.run('ip', ['-j', 'link', 'show']),
  );
  return new Map(links.map(({ ifname, flags }) => [ifname, flags.includes('UP') ? 'up' : 'down']));
}
