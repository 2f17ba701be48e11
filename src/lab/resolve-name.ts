import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Artefacts } from './artefacts.ts';
import type { Namespace } from './namespace.ts';

/** Where the router's resolver listens, and whom it asks. */
const PORTS = { resolver: '5300', upstream: '5301' };

/** So that neither the machine's own settings nor its names have a say. */
const BARE = [
  '--keep-in-foreground',
  '--log-facility=-',
  '--no-hosts',
  '--no-resolv',
  '--pid-file=',
];

/**
 * Asks a dnsmasq on the router, which has the artefacts' file, for a name: what a host behind it does
 * before it connects.
 *
 * @returns what went wrong, in words
 */
export async function resolveName(
  router: Namespace,
  files: Artefacts,
  name: string,
  addresses: readonly string[],
): Promise<string[]> {
  const own = `--conf-file=${join(files.folder, `${files.base}.dnsmasq.conf`)}`;
  const resolver = [own, `--server=127.0.0.1#${PORTS.upstream}`, ...listen(PORTS.resolver)];
  const records = addresses.map((address) => `--host-record=${name},${address}`);
  const upstream = [
    '--conf-file=/dev/null',
    `--local=/${name}/`,
    ...records,
    ...listen(PORTS.upstream),
  ];
  const servers = [upstream, resolver].map((args) => {
    const command = ['netns', 'exec', router.name, 'dnsmasq', ...BARE, ...args];
    return execa('ip', command, { reject: false });
  });
  try {
    const script = fileURLToPath(new URL('./resolve.mjs', import.meta.url));
    const answer = await router.run(process.execPath, [script, PORTS.resolver, name]);
    const wanted = [...addresses].sort().join(' ');
    if (answer !== wanted) return [`the answer was ${answer}, and not ${wanted}`];
  } finally {
    for (const server of servers) server.kill();
  }
  const logs = await Promise.all(servers.map(async (server) => (await server).stderr));
  return logs.flatMap((log) => log.split('\n').filter((line) => /fail|error|bad/.test(line)));
}

const listen = (port: string): string[] => [
  `--port=${port}`,
  '--listen-address=127.0.0.1',
  '--bind-interfaces',
];
