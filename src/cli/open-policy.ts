import type { analyse } from '../analysis/analyse.ts';
import { type Checked, understand } from '../compile.ts';
import { type BackendName, backendOf } from '../emit/backends.ts';
import { findManifest } from '../host/artefact-folder.ts';
import { reader } from '../host/read-file.ts';
import type { Lock } from '../model/program.ts';
import type { Read } from '../policy/load.ts';
import type { Question } from '../policy/read-question.ts';
import { complain } from './io.ts';
import { readEntry } from './read-entry.ts';

interface Wanted {
  /** Else that of the last compile. */
  readonly backend?: BackendName | undefined;
  readonly question?: Question;
  /** The numbers where no compile wrote beside the policy. */
  readonly lock?: Lock | undefined;
  /** Instead of the files as they are. */
  readonly read?: Read;
  /** Asked of a sound policy. */
  readonly analyses?: typeof analyse;
}

/**
 * The policy that an argument names, `-` for standard input, checked by the numbers of the last compile
 * where it wrote beside the policy; nothing once it is complained about.
 */
export function openPolicy(
  path: string,
  { backend: wanted, question, lock, read = reader(path), analyses }: Wanted = {},
): Checked | undefined {
  const entry = readEntry(path);
  if (entry === undefined) return undefined;
  const found = path === '-' ? {} : findManifest(entry.folder, entry.base);
  if ('refused' in found) {
    complain(found.refused, found.help);
    return undefined;
  }
  const names = Object.keys(found.manifest?.artefacts ?? {});
  const backend = wanted ?? backendOf(names, entry.base);
  return understand(entry, read, found.manifest?.lock ?? lock, backend, question, analyses);
}
