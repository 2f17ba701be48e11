import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where networkd.conf(5) is looked for, what counts most first. */
const FOLDERS = ['/etc/systemd', '/run/systemd', '/usr/local/lib/systemd', '/usr/lib/systemd'];

/** What systemd-networkd was told, by the name of the setting, the last word each; nothing where it does not run. */
export function networkdSettings(): ReadonlyMap<string, string> | undefined {
  if (!existsSync('/run/systemd/netif/state')) return undefined;
  const main = FOLDERS.map((folder) => join(folder, 'networkd.conf')).find((path) =>
    existsSync(path),
  );
  const extra = new Map<string, string>();
  for (const folder of [...FOLDERS].reverse()) {
    const below = join(folder, 'networkd.conf.d');
    if (!existsSync(below)) continue;
    for (const name of readdirSync(below)) {
      if (name.endsWith('.conf')) extra.set(name, join(below, name));
    }
  }
  const names = [...extra.keys()].sort();
  const files = [
    ...(main === undefined ? [] : [main]),
    ...names.map((name) => extra.get(name) ?? ''),
  ];
  const settings = new Map<string, string>();
  for (const file of files) {
    for (const line of read(file).split('\n')) {
      const [, name, value] = /^\s*([A-Za-z0-9]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) settings.set(name, value);
    }
  }
  return settings;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
