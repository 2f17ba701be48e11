import { DEPLOY } from 'routec:deploy';
import { bug } from '../../bug.ts';
import type { Artefact } from '../artefact.ts';

/**
 * What loads the artefacts beside it on a router without routec. It is the same for every policy and knows
 * its files by their manifest, which does not name it: another version of routec changes no manifest.
 */
export function emitLoader(): Artefact {
  return { suffix: 'load.sh', text: DEPLOY['load.sh'] ?? bug('a script is lost') };
}
