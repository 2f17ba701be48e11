import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { reasonOf } from './read-file.ts';

const WORLD_WRITABLE = 0o002;
const STICKY = 0o1000;

/**
 * Whether only those may have written a file who may: root loads what it says.
 *
 * @returns why not, and what to do
 */
export function distrust(
  path: string,
): { readonly message: string; readonly help: string } | undefined {
  try {
    const file = realpathSync(path);
    if ((statSync(file).mode & WORLD_WRITABLE) !== 0) {
      return { message: `${path}: everybody may write into it`, help: `chmod o-w ${path}` };
    }
    for (let folder = dirname(file); ; folder = dirname(folder)) {
      const { mode } = statSync(folder);
      // In a sticky folder nobody replaces what is another's.
      if ((mode & WORLD_WRITABLE) !== 0 && (mode & STICKY) === 0) {
        return {
          message: `${path}: everybody may write into ${folder}`,
          help: `chmod o-w ${folder}`,
        };
      }
      if (dirname(folder) === folder) return undefined;
    }
  } catch (error) {
    return { message: `${path}: ${reasonOf(error)}`, help: 'name a .route file' };
  }
}
