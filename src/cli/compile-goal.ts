import { compile } from '../compile.ts';
import { type BackendName, backendOf } from '../emit/backends.ts';
import { findManifest } from '../host/artefact-folder.ts';
import { type Goal, lockOf } from '../host/draw-plan.ts';
import { distrust } from '../host/may-be-trusted.ts';
import { reader } from '../host/read-file.ts';
import { readRecord } from '../host/records.ts';
import type { Rule } from '../model/program.ts';
import { FAMILIES, type Family } from '../net/address.ts';
import type { Series } from '../series.ts';
import { countSeverities } from '../text/count-severities.ts';
import { EXIT, type Exit } from './exit.ts';
import { complain, say } from './io.ts';
import { readEntry } from './read-entry.ts';
import { type Format, showDiagnostics } from './show-diagnostics.ts';

interface Options {
  readonly backend?: BackendName;
  readonly strict: boolean;
  readonly format: Format;
  /** Whether open connections that it would send elsewhere are to begin anew. */
  readonly kill?: boolean;
  /** Of warnings nothing is said. */
  readonly quiet?: boolean;
}

type ArtefactGoal = Goal & { readonly kind: 'artefacts' };
type Compiled = { readonly goal: ArtefactGoal } | { readonly exit: Exit };

/** Compiles a policy to what is to run, in memory. Whoever may not have written it is not obeyed. */
export function compileGoal(path: string, options: Options): Compiled {
  const compiled = compileArtefacts(path, options);
  if ('exit' in compiled) return compiled;
  for (const file of compiled.read) {
    const doubt = distrust(file);
    if (doubt !== undefined) {
      complain(doubt.message, doubt.help);
      return { exit: EXIT.failed };
    }
  }
  return compiled;
}

/**
 * Compiles a policy in memory, by the numbers of the manifest beside it; where it has none, by those of what runs.
 *
 * @returns the artefacts, what they are for, and the files that were read; or how it ended, once that is said
 */
export function compileArtefacts(
  path: string,
  options: Options,
):
  | {
      readonly goal: ArtefactGoal;
      readonly backend: BackendName;
      readonly read: ReadonlySet<string>;
    }
  | { readonly exit: Exit } {
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
  const shown = diagnostics.filter(({ severity }) => !options.quiet || severity === 'error');
  showDiagnostics(shown, options.format, true);
  if (artefacts.length === 0) return { exit: EXIT.no };
  if (options.strict && countSeverities(diagnostics).warning > 0) {
    say('nothing is loaded: with `--strict` a warning counts as an error\n');
    return { exit: EXIT.no };
  }
  const families = program === undefined ? [] : familiesOf(program.forwarded);
  const files = Object.fromEntries(artefacts.map(({ suffix, text }) => [suffix, text]));
  const goal: ArtefactGoal = {
    kind: 'artefacts',
    artefacts: { base: entry.base, files },
    families,
    ...(options.kill === true && program !== undefined ? { kill: program } : {}),
  };
  return { goal, backend, read };
}

/** The families that rules are asked about. */
function familiesOf(rules: Series<Rule>): readonly Family[] {
  const found = new Set<Family>();
  for (const { boxes } of rules) {
    for (const { family } of boxes) found.add(family);
    if (found.size === FAMILIES.length) break;
  }
  return FAMILIES.filter((family) => found.has(family));
}
