import { noteLayout } from '../../grammar/note-layout.ts';
import { analyse } from '../analysis/analyse.ts';
import type { BackendName } from '../emit/backends.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import { sortDiagnostics } from '../text/sort-diagnostics.ts';
import { openPolicy } from './open-policy.ts';

/**
 * What is wrong with the policy that an argument names, its layout too, for the backend and by the
 * numbers of the last compile where it wrote beside the policy; nothing once it is complained about.
 */
export function checkFile(
  path: string,
  backend: BackendName | undefined,
): readonly Diagnostic[] | undefined {
  const checked = openPolicy(path, { backend, analyses: analyse });
  if (checked === undefined) return undefined;
  const { diagnostics, sources } = checked;
  return sortDiagnostics([...diagnostics, ...sources.flatMap(noteLayout)]);
}
