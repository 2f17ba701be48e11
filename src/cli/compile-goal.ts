import { compile } from '../compile.ts';
import { type BackendName, backendOf } from '../emit/backends.ts';
import { findManifest } from '../host/artefact-folder.ts';
import { type Goal, lockOf } from '../host/draw-plan.ts';
import { distrust } from '../host/may-be-trusted.ts';
import { reader } from '../host/read-file.ts';
import { readRecord } from '../host/records.ts';
import { FAMILIES } from '../net/address.ts';
import { countSeverities } from '../text/count-severities.ts';
import { EXIT, type Exit } from './exit.ts';
import { complain, type Format, say, showDiagnostics } from './io.ts';
import { readEntry } from './read-entry.ts';

interface Options {
  readonly backend?: BackendName;
  readonly strict: boolean;
  readonly format: Format;
}

/**
 * Compiles a policy to what is to run, in memory. Numbers come from the manifest beside the policy; where it has
 * none, from what runs. Whoever may not have written it is not obeyed.
 *
 * @param backends those that whoever asks can load
 */
export function compileGoal(
  path: string,
  options: Options,
  backends: readonly BackendName[] = ['nft'],
): { readonly goal: Goal & { kind: 'artefacts' } } | { readonly exit: Exit } {
  const entry = readEntry(path);
  if (entry === undefined) return { exit: EXIT.failed };
  const found = path === '-' ? {} : findManifest(entry.folder, entry.base);
  if ('refused' in found) {
    complain(found.refused, found.help);
    return { exit: EXIT.failed };
  }
  const running = readRecord('running') ?? readRecord('past');
  const lock = found.manifest?.lock ?? lockOf(running);
  const names = Object.keys(found.manifest?.artefacts ?? {});
  const backend = options.backend ?? backendOf(names, entry.base);
  const read = new Set(path === '-' ? [] : [path]);
  const recording = (file: string) => {
    read.add(file);
    return reader(path)(file);
  };
  const { diagnostics, artefacts, program } = compile(entry, recording, lock, backend);
  showDiagnostics(diagnostics, options.format, true);
  if (!backends.includes(backend) && artefacts.length > 0) {
    complain(
      `only rulesets of nft are applied yet, and this one is for ${backend}`,
      'load it with the `policy.load.sh` that `routec compile` writes, or apply it with `--backend nft`',
    );
    return { exit: EXIT.failed };
  }
  if (artefacts.length === 0) return { exit: EXIT.no };
  if (options.strict && countSeverities(diagnostics).warning > 0) {
    say('nothing is loaded: with `--strict` a warning counts as an error\n');
    return { exit: EXIT.no };
  }
  for (const file of read) {
    const doubt = distrust(file);
    if (doubt !== undefined) {
      complain(doubt.message, doubt.help);
      return { exit: EXIT.failed };
    }
  }
  const families = FAMILIES.filter((family) =>
    program?.forwarded.some(({ boxes }) => boxes.some((box) => box.family === family)),
  );
  const files = Object.fromEntries(artefacts.map(({ suffix, text }) => [suffix, text]));
  return { goal: { kind: 'artefacts', artefacts: { base: entry.base, files }, families } };
}
