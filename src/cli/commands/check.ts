import type { Command } from 'commander';
import type { BackendName } from '../../emit/backends.ts';
import type { Diagnostic } from '../../text/diagnostic.ts';
import { printable } from '../../text/printable.ts';
import { checkFile } from '../check-file.ts';
import { EXIT, type Exit } from '../exit.ts';
import { fixPolicy } from '../fix-policy.ts';
import { complain, say } from '../io.ts';
import { backendOption, formatOption, strictOption } from '../options.ts';
import { type Format, showDiagnostics } from '../show-diagnostics.ts';

interface Options {
  readonly backend?: BackendName;
  readonly fix: boolean;
  readonly strict: boolean;
  readonly format: Format;
}

/** `routec check [FILES]`: says what is wrong with policies, and mends what has one right answer. */
export function checkCommand(program: Command, done: (exit: Exit) => void): void {
  program
    .command('check')
    .summary('say what is wrong with a policy')
    .description('Reads policies and says what is wrong with them. Only `--fix` writes.')
    .argument('[files...]', 'policies; `-` for standard input (default: policy.route)')
    .addOption(backendOption())
    .option('--fix', 'mend what has exactly one right answer, then say what is left', false)
    .addOption(strictOption())
    .addOption(formatOption())
    .addHelpText(
      'after',
      '\nExamples:\n  routec check policy.route\n  routec check --strict --format json - < policy.route\n  routec check --fix',
    )
    .action((files: string[], options: Options) => {
      done(run(files.length > 0 ? files : ['policy.route'], options));
    });
}

function run(files: readonly string[], options: Options): Exit {
  if (options.fix && !fix(files, options.backend)) return EXIT.failed;
  const diagnostics: Diagnostic[] = [];
  let unread = false;
  for (const path of files) {
    const found = checkFile(path, options.backend);
    if (found === undefined) unread = true;
    for (const each of found ?? []) diagnostics.push(each);
  }
  showDiagnostics(diagnostics, options.format);
  if (unread) return EXIT.failed;
  const counts = (severity: string): boolean =>
    severity === 'error' || (options.strict && severity === 'warning');
  return diagnostics.some(({ severity }) => counts(severity)) ? EXIT.no : EXIT.yes;
}

/** Mends policies in their places; false once something stopped it, which is then complained about. */
function fix(files: readonly string[], backend: BackendName | undefined): boolean {
  if (files.includes('-')) {
    complain('`--fix` writes files, and standard input is none', 'name the file');
    return false;
  }
  for (const path of files) {
    const fixed = fixPolicy(path, backend);
    if (fixed === undefined) return false;
    const names = [...fixed.files].map(printable).join(', ');
    if (fixed.count > 0) say(`${fixed.count} fixed in ${names}\n`);
    if (fixed.refused !== undefined) {
      complain(fixed.refused, 'what it holds is as it was');
      return false;
    }
  }
  return true;
}
