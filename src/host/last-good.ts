import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findManifest, staleNames, writeArtefacts } from './artefact-folder.ts';
import type { Running } from './draw-plan.ts';
import { reasonOf } from './read-file.ts';
import { LIB_FOLDER } from './records.ts';

/** Where the artefacts lie that are to be loaded at the next boot. */
export const GOOD_FOLDER = join(LIB_FOLDER, 'good');

const MANIFEST = '.manifest.json';

/** Keeps artefacts as the last good ones; what was kept before goes. */
export function keepGood(
  { base, files }: Running,
  folder: string = GOOD_FOLDER,
): { readonly refused?: string } {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = findManifest(folder, base);
    const old = 'refused' in found ? undefined : found.manifest;
    const artefacts = Object.entries(files).map(([suffix, text]) => ({ suffix, text }));
    const written = writeArtefacts(folder, base, artefacts, old);
    if ('refused' in written) return written;
    for (const name of readdirSync(folder)) {
      if (!name.endsWith(MANIFEST) || name === base + MANIFEST) continue;
      removeSet(folder, name.slice(0, -MANIFEST.length));
    }
    return {};
  } catch (error) {
    return { refused: `${folder}: ${reasonOf(error)}` };
  }
}

/** Forgets them: nothing is loaded at the next boot. */
export function forgetGood(): void {
  rmSync(GOOD_FOLDER, { recursive: true, force: true });
}

/** The artefacts of another policy. Its manifest goes first: without one, the rest counts for nothing. */
function removeSet(folder: string, base: string): void {
  const found = findManifest(folder, base);
  const manifest = 'refused' in found ? undefined : found.manifest;
  const names = [
    ...[MANIFEST, '.map.json', '.load.sh'].map((end) => base + end),
    ...staleNames(base, [], manifest),
  ];
  for (const name of names) rmSync(join(folder, name), { force: true });
}
