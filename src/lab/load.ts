import { join } from 'node:path';
import type { Artefacts } from './artefacts.ts';
import type { Namespace } from './namespace.ts';

/**
 * Loads artefacts with the plain tools alone, in the order in which a person would by hand.
 *
 * @param running what is loaded already: then it is a reload, and the guard stays where it is
 */
export async function load(
  router: Namespace,
  files: Artefacts,
  running?: Artefacts,
): Promise<void> {
  await sysctl(router, files, '');
  if (running === undefined) await batches(router, files, '.guard');
  else await takeRulesAway(router, running);
  await batches(router, files, '');
  for (const device of new Set(files.uplinks.map((uplink) => uplink.device))) {
    await loadUplinks(router, files, device);
  }
  await router.run('nft', ['-f', path(files, '.nft')]);
}

/** What a link hook does: the uplinks of a device, if that is there and up. */
export async function loadUplinks(
  router: Namespace,
  files: Artefacts,
  device: string,
): Promise<void> {
  if ((await devices(router)).get(device) !== 'up') return;
  for (const uplink of files.uplinks.filter((each) => each.device === device)) {
    await sysctl(router, files, `.uplink.${uplink.name}`);
    await batches(router, files, `.uplink.${uplink.name}`);
  }
}

/** Takes away everything that was loaded, in reverse. */
export async function unload(router: Namespace, files: Artefacts): Promise<void> {
  await router.run('nft', ['delete', 'table', 'inet', 'routec']);
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

const path = ({ folder, base }: Artefacts, end: string): string => join(folder, base + end);

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
