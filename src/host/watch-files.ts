import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** An editor writes a file in several steps, in milliseconds: they are waited for. */
const SETTLED = 100;

/**
 * Ends once one of some files has changed, appeared or gone. Their folders are watched: most editors
 * replace a file by another one of its name. A folder that can't be watched is left out.
 *
 * @param since when they were read, in milliseconds: what changed since then has changed
 */
export async function watchFiles(files: ReadonlySet<string>, since: number): Promise<void> {
  const byFolder = new Map<string, Set<string>>();
  for (const file of files) {
    const folder = dirname(file);
    byFolder.set(folder, (byFolder.get(folder) ?? new Set()).add(basename(file)));
  }
  const watchers: FSWatcher[] = [];
  await new Promise<void>((changed) => {
    for (const [folder, names] of byFolder) {
      try {
        const watcher = watch(folder, (_, name) => {
          if (name === null || names.has(name)) changed();
        });
        watcher.on('error', () => changed());
        watchers.push(watcher);
      } catch {
        // It is gone, or not ours to look at; what else there is goes on.
      }
    }
    if ([...files].some((file) => changedAt(file) > since)) changed();
  });
  for (const watcher of watchers) watcher.close();
  await setTimeout(SETTLED);
}

function changedAt(file: string): number {
  try {
    return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  } catch {
    return 0;
  }
}
