import { bug } from '../bug.ts';
import type { Atom } from './program.ts';

/** An atom as a text, the same for its opposite: two are one question if their keys are the same. */
export function atomKey(atom: Atom): string {
  switch (atom.kind) {
    case 'time':
      return `time ${atom.minutes.map(([low, high]) => `${low}-${high}`).join()}`;
    case 'user':
      return `user ${atom.name}`;
    case 'cgroup':
      return `cgroup ${atom.path}`;
    case 'set':
      return `${atom.side} @${atom.name}`;
    default:
      atom satisfies never;
      return bug('an atom of no kind');
  }
}
