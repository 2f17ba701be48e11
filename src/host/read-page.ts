import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readFile, reasonOf } from './read-file.ts';

/** The page that the build made: it lies beside the program that runs. */
export function readPage(
  program: string,
): { readonly text: string } | { readonly refused: string } {
  try {
    const read = readFile(join(dirname(realpathSync(program)), 'page.html'));
    return 'refused' in read ? read : { text: Buffer.from(read.bytes).toString('utf8') };
  } catch (error) {
    return { refused: reasonOf(error) };
  }
}
