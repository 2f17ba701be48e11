import { basename, dirname } from 'node:path';
import type { Entry } from '../compile.ts';
import { readFile, readStandardInput } from '../host/read-file.ts';
import { complain } from './io.ts';

/** The policy that an argument names, `-` for standard input; nothing once it is complained about. */
export function readEntry(path: string): (Entry & { readonly folder: string }) | undefined {
  const file = path === '-' ? readStandardInput() : readFile(path);
  if ('refused' in file) {
    complain(`${path}: ${file.refused}`, path === '-' ? undefined : 'name a .route file');
    return undefined;
  }
  const base = path === '-' ? 'policy' : basename(path).replace(/\.route$/, '');
  if (!/^[A-Za-z0-9_+][A-Za-z0-9_.+-]*$/.test(base)) {
    complain(
      `${path}: its name would become that of the artefacts`,
      'rename it: letters, digits and `_ . + -`, as in policy.route',
    );
    return undefined;
  }
  return { name: path === '-' ? '<stdin>' : path, base, bytes: file.bytes, folder: dirname(path) };
}
