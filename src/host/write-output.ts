import { renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { reasonOf } from './read-file.ts';
import { makeStage, sync, writeDurably } from './stage.ts';

/** Writes a file that somebody asked for, whole or not at all; says why it could not be written. */
export function writeOutput(path: string, text: string): { readonly refused?: string } {
  const folder = dirname(path);
  let stage: string | undefined;
  try {
    stage = makeStage(folder);
    const staged = join(stage, basename(path));
    writeDurably(staged, text);
    renameSync(staged, path);
    sync(folder);
    return {};
  } catch (error) {
    return { refused: reasonOf(error) };
  } finally {
    if (stage !== undefined) rmSync(stage, { recursive: true, force: true });
  }
}
