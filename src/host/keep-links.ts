import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordOf } from './records.ts';
import { RUN_FOLDER } from './records.ts';
import { makeStage, writeDurably } from './stage.ts';

/** Where `routec-link` finds what it loads when a device comes. */
const LINKS_FOLDER = join(RUN_FOLDER, 'links');

/**
 * Writes the uplinks' files of what runs from now on beside those of what ran: a hook must load neither what is
 * not confirmed yet, nor what is only compiled. What is written and never put there goes with the next change.
 *
 * @param running the artefacts that run, or nothing: then hooks have nothing to load
 * @returns puts them in their place, for which no disk is needed
 * @throws what the file system says
 */
export function stageLinks(running: RecordOf<'running'> | undefined): () => void {
  const stage = makeStage(RUN_FOLDER);
  for (const [suffix, text] of Object.entries(running?.files ?? {})) {
    if (suffix.startsWith('uplink.')) writeDurably(join(stage, `${running?.base}.${suffix}`), text);
  }
  return () => {
    dropLinks();
    renameSync(stage, LINKS_FOLDER);
  };
}

/** Forgets them: hooks load what lies where somebody loads it by hand. */
export function dropLinks(): void {
  rmSync(LINKS_FOLDER, { recursive: true, force: true });
}
