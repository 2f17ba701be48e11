import { noteLayout } from '../../grammar/note-layout.ts';
import { check } from '../compile.ts';
import { type BackendName, backendOf } from '../emit/backends.ts';
import { findManifest } from '../host/artefact-folder.ts';
import { reader } from '../host/read-file.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import { sortDiagnostics } from '../text/sort-diagnostics.ts';
import { complain } from './io.ts';
import { readEntry } from './read-entry.ts';

/**
 * What is wrong with the policy that an argument names, its layout too, for the backend and by the
 * numbers of the last compile where it wrote beside the policy; nothing once it is complained about.
 */
export function checkFile(
  path: string,
  wanted: BackendName | undefined,
): readonly Diagnostic[] | undefined {
  const entry = readEntry(path);
  if (entry === undefined) return undefined;
  const found = path === '-' ? {} : findManifest(entry.folder, entry.base);
  if ('refused' in found) {
    complain(found.refused, found.help);
    return undefined;
  }
  const names = Object.keys(found.manifest?.artefacts ?? {});
  const backend = wanted ?? backendOf(names, entry.base);
  const { diagnostics, sources } = check(entry, reader(path), found.manifest?.lock, backend);
  return sortDiagnostics([...diagnostics, ...sources.flatMap(noteLayout)]);
}
