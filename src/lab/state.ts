import type { Namespace } from './namespace.ts';

/**
 * All that a policy may change in the kernel but for settings, each part by the command that shows
 * it, so that two states can be compared byte for byte. Without counts, which packets change.
 */
export async function state(router: Namespace): Promise<Readonly<Record<string, string>>> {
  const shown: Record<string, string> = {};
  const show = async (file: string, args: readonly string[]): Promise<void> => {
    shown[[file, ...args].join(' ')] = await router.run(file, args);
  };
  for (const family of ['-4', '-6']) {
    await show('ip', [family, 'rule', 'show']);
    const routes = await router.run('ip', [family, 'route', 'show', 'table', 'all']);
    // The local table is the kernel's.
    shown[`ip ${family} route show table all`] = routes
      .split('\n')
      .filter((line) => !line.includes(' table local '))
      .join('\n');
  }
  await show('nft', ['--stateless', 'list', 'ruleset']);
  for (const tool of ['iptables-legacy-save', 'ip6tables-legacy-save']) {
    // The time of day stands in a comment, counts behind the chains.
    const saved = await router.run(tool, []);
    shown[tool] = saved.replace(/^#.*$/gm, '').replace(/\[\d+:\d+\]/g, '');
  }
  // How large a set's table is, and how it hashes, is the kernel's affair.
  const sets = await router.run('ipset', ['save', '-sorted']);
  shown['ipset save'] = sets.replace(/ (hashsize|initval) \S+/g, '');
  const links: { ifname: string; group: string }[] = JSON.parse(
    await router.run('ip', ['-j', '-d', 'link', 'show']),
  );
  shown['groups of links'] = links.map(({ ifname, group }) => `${ifname} ${group}`).join('\n');
  return shown;
}
