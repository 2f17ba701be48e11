import {
  closeSync,
  constants,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readFile, reasonOf } from './read-file.ts';
import { makeStage, sweepStages, sync, writeDurably } from './stage.ts';

/**
 * Puts a new text into the place of a file, whole or not at all, with the owner, group and mode of
 * the old one. A symbolic link stays one: the file that it leads to is replaced. A file that may not
 * be written, and one that is no longer what was read, is left alone.
 *
 * @param before the bytes that were read from it
 * @returns why the system refused, if it did
 */
export function replaceFile(
  path: string,
  before: Uint8Array,
  text: string,
): { readonly refused?: string } {
  let stage: string | undefined;
  try {
    const target = realpathSync(path);
    const folder = dirname(target);
    // A rename asks only the folder; a file that is read-only is meant to be.
    closeSync(openSync(target, constants.O_WRONLY | constants.O_NONBLOCK));
    sweepStages(folder);
    stage = makeStage(folder);
    const staged = join(stage, basename(target));
    writeDurably(staged, text, statSync(target));
    const now = readFile(target);
    if ('refused' in now || Buffer.compare(now.bytes, before) !== 0) {
      return { refused: 'it was changed in the meantime' };
    }
    renameSync(staged, target);
    sync(folder);
    return {};
  } catch (error) {
    return { refused: reasonOf(error) };
  } finally {
    if (stage !== undefined) rmSync(stage, { recursive: true, force: true });
  }
}
