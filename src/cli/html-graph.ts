import { basename, dirname, isAbsolute, join } from 'node:path';
import { bug } from '../bug.ts';
import type { Checked } from '../compile.ts';
import { reader } from '../host/read-file.ts';
import { readPage } from '../host/read-page.ts';
import { fillPage } from '../page/fill-page.ts';
import { pageData } from '../page/page-data.ts';
import { load } from '../policy/load.ts';
import { VERSION } from './version.ts';

/** More text than this no browser reads in a moment, in characters; 100,000 rules for a host are less. */
const LARGEST = 8 * 1024 * 1024;

/** The page of a policy that was found to be sound, or why there is none, and what to do. */
export function htmlGraph(
  path: string,
  { sources: [own], program }: Checked,
): { readonly text: string } | { readonly refused: string; readonly help: string } {
  if (own === undefined || program === undefined) return bug('a page of a wrong policy');
  // By names that are relative to the policy's folder: where that lies is nobody's business.
  const folder = path === '-' ? '.' : dirname(path);
  const read = reader(path);
  const name = path === '-' ? '<stdin>' : basename(path);
  const entry = { name, bytes: new TextEncoder().encode(own.text), quotable: own.quotable };
  let changed = false;
  const loaded = load(
    entry,
    (its) => read(isAbsolute(its) ? its : join(folder, its)),
    ({ severity }) => {
      changed ||= severity === 'error';
    },
  );
  if (changed) {
    return { refused: `${path}: a file of it has just changed`, help: 'try again' };
  }
  const data = pageData(loaded, { version: VERSION, entry: name, lock: program.lock });
  if ('hidden' in data) {
    return {
      refused: `${path}: a page would show ${data.hidden.map((each) => each.name).join(', ')}, which does not lie in the policy's folder`,
      help: 'put a copy into that folder, or draw the policy with `--format mermaid`',
    };
  }
  const size = data.files.reduce((sum, [, text]) => sum + text.length, 0);
  if (size > LARGEST) {
    return {
      refused: `${path}: it and what it names have ${Math.ceil(size / 2 ** 20)} MiB of text, more than a browser reads in a moment`,
      help: `a page takes ${LARGEST / 2 ** 20} MiB; ask \`routec explain\``,
    };
  }
  const page = readPage(process.argv[1] ?? '');
  if ('refused' in page) {
    return {
      refused: `page.html: ${page.refused}`,
      help: 'install routec again: it lies beside it',
    };
  }
  return { text: fillPage(page.text, data) };
}
