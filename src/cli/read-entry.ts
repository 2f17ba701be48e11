import { basename, dirname } from 'node:path';
import type { Entry } from '../compile.ts';
import { reader, readStandardInput } from '../host/read-file.ts';
import { complain } from './io.ts';

/** File systems take 255 bytes; an uplink's name is a part of its files' names, and has up to 63. */
const LONGEST = 150;

/** The policy that an argument names, `-` for standard input; nothing once it is complained about. */
export function readEntry(path: string): (Entry & { readonly folder: string }) | undefined {
  const file = path === '-' ? readStandardInput() : reader(path)(path);
  if ('refused' in file) {
    complain(`${path || '``'}: ${file.refused}`, path === '-' ? undefined : 'name a .route file');
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
  if (base.length > LONGEST) {
    complain(
      `${path}: its name would become that of the artefacts, and they have longer ones`,
      `give it a name of at most ${LONGEST} characters`,
    );
    return undefined;
  }
  const { bytes, quotable } = file;
  return { name: path === '-' ? '<stdin>' : path, base, bytes, quotable, folder: dirname(path) };
}
