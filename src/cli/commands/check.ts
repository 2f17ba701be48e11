import type { Command } from 'commander';
import { noteLayout } from '../../../grammar/note-layout.ts';
import { check } from '../../compile.ts';
import { type BackendName, backendOf } from '../../emit/backends.ts';
import { findManifest } from '../../host/artefact-folder.ts';
import { reader } from '../../host/read-file.ts';
import type { Diagnostic } from '../../text/diagnostic.ts';
import { sortDiagnostics } from '../../text/sort-diagnostics.ts';
import { EXIT, type Exit } from '../exit.ts';
import { complain, type Format, showDiagnostics } from '../io.ts';
import { backendOption, formatOption, strictOption } from '../options.ts';
import { readEntry } from '../read-entry.ts';

interface Options {
  readonly backend?: BackendName;
  readonly strict: boolean;
  readonly format: Format;
}

/** `routec check [FILES]`: says what is wrong with policies, and writes nothing. */
export function checkCommand(program: Command, done: (exit: Exit) => void): void {
  program
    .command('check')
    .summary('say what is wrong with a policy, and write nothing')
    .description('Reads policies and says what is wrong with them. Nothing is written.')
    .argument('[files...]', 'policies; `-` for standard input (default: policy.route)')
    .addOption(backendOption())
    .addOption(strictOption())
    .addOption(formatOption())
    .addHelpText(
      'after',
      '\nExamples:\n  routec check policy.route\n  routec check --strict --format json - < policy.route',
    )
    .action((files: string[], options: Options) => {
      done(run(files.length > 0 ? files : ['policy.route'], options));
    });
}

function run(files: readonly string[], options: Options): Exit {
  const diagnostics: Diagnostic[] = [];
  let unread = false;
  for (const path of files) {
    const entry = readEntry(path);
    // The numbers that the last compile kept, where it wrote beside the policy.
    const found = entry === undefined || path === '-' ? {} : findManifest(entry.folder, entry.base);
    if ('refused' in found) complain(found.refused);
    if (entry === undefined || 'refused' in found) {
      unread = true;
      continue;
    }
    const names = Object.keys(found.manifest?.artefacts ?? {});
    const backend = options.backend ?? backendOf(names, entry.base);
    const checked = check(entry, reader(path), found.manifest?.lock, backend);
    const notes = checked.sources.flatMap(noteLayout);
    for (const each of sortDiagnostics([...checked.diagnostics, ...notes])) diagnostics.push(each);
  }
  showDiagnostics(diagnostics, options.format);
  if (unread) return EXIT.failed;
  const counts = (severity: string): boolean =>
    severity === 'error' || (options.strict && severity === 'warning');
  return diagnostics.some(({ severity }) => counts(severity)) ? EXIT.no : EXIT.yes;
}
