import { createHash } from 'node:crypto';
import { bug } from '../../bug.ts';
import { atomKey } from '../../model/atom-key.ts';
import type { NamedAtom } from '../atom-name.ts';
import type { Marks } from './marks.ts';

/**
 * The chain that marks what is of a user or a cgroup; a name of a chain has at most 28 bytes. Who
 * loads it decides whether the router has that name, so the policy's own chains do not declare it.
 */
export function namedChain(atom: NamedAtom): string {
  const hash = createHash('sha256').update(atomKey(atom)).digest('hex');
  return `routec-${atom.kind}-${hash.slice(0, 12)}`;
}

/** The rule of that chain. */
export function namedRule(atom: NamedAtom, marks: Marks, mark: number): string {
  return `${testOf(atom)} ${marks.setPacket(mark)}`;
}

function testOf(atom: NamedAtom): string {
  switch (atom.kind) {
    case 'user':
      return `-m owner --uid-owner ${atom.name}`;
    case 'cgroup':
      return `-m cgroup --path ${atom.path}`;
    default:
      atom satisfies never;
      return bug('a name of nothing');
  }
}
