import { createHash } from 'node:crypto';
import { fileNameOf } from '../model/file-name.ts';
import type { Atom } from '../model/program.ts';

/** What names a user or a cgroup, which the router may not have. */
export type NamedAtom = Atom & { readonly kind: 'user' | 'cgroup' };

/** So much of a long path stands in a name; the hash behind it tells it from others. */
const READABLE = 40;

/** How a user or a cgroup is called in names of files and sets: readable, and no other is called so. */
export function atomName(atom: NamedAtom): string {
  // Only the last character may be a `$`, and none is a capital.
  if (atom.kind === 'user') return atom.name.replace('$', 'S');
  const hash = createHash('sha256').update(atom.path).digest('hex');
  return `${fileNameOf(atom.path).slice(0, READABLE)}-${hash.slice(0, 12)}`;
}

/** A user or a cgroup in words. */
export function describeAtom(atom: NamedAtom): string {
  return atom.kind === 'user' ? `the user ${atom.name}` : `the cgroup ${atom.path}`;
}
