import { type Command, Option } from 'commander';
import { reader } from '../../host/read-file.ts';
import { watchFiles } from '../../host/watch-files.ts';
import type { Read } from '../../policy/load.ts';
import { EXIT, type Exit } from '../exit.ts';
import { complain, say } from '../io.ts';
import { openPolicy } from '../open-policy.ts';
import { count, type Report } from '../reports/report.ts';
import { reportOf } from '../reports/report-of.ts';
import { REPORT_FORMATS, type ReportFormat, showReports } from '../reports/show-reports.ts';
import { showDiagnostics } from '../show-diagnostics.ts';

interface Options {
  readonly coverage: boolean;
  readonly watch: boolean;
  readonly allowEmpty: boolean;
  readonly format: ReportFormat;
}

/** `routec test [FILES]`: tries the `expect` lines of policies against their rules, by the model. */
export function testCommand(program: Command, done: (exit: Exit) => void): void {
  program
    .command('test')
    .summary('try what a policy expects of itself')
    .description(
      'Tries each `expect` of a policy against its rules, by the model: no root, no network. One ' +
        'that fails is shown with a packet, and with the line that decided.',
    )
    .argument('[files...]', 'policies; `-` for standard input (default: policy.route)')
    .option('--coverage', 'name the rules that decide nothing that is expected', false)
    .option('--watch', 'try again whenever one of the files changes', false)
    .option('--allow-empty', 'a policy that expects nothing is fine', false)
    .addOption(
      new Option('--format <format>', 'how results are shown')
        .choices(REPORT_FORMATS)
        .default('pretty'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  routec test policy.route --coverage\n  routec test --format junit > report.xml',
    )
    .action(async (files: string[], options: Options) => {
      done(await run(files.length > 0 ? files : ['policy.route'], options));
    });
}

async function run(files: readonly string[], options: Options): Promise<Exit> {
  if (!options.watch) return (await tryAll(files, options)).exit;
  if (files.includes('-')) {
    complain('`--watch` waits for files to change, and standard input is none', 'name the file');
    return EXIT.failed;
  }
  for (;;) {
    const since = Date.now();
    const { read } = await tryAll(files, options);
    say('waiting for a change; end with Ctrl-C\n');
    await watchFiles(read, since);
  }
}

/** Tries all once; `read` are the names of the files that it came to. */
async function tryAll(
  files: readonly string[],
  { format, coverage, allowEmpty }: Options,
): Promise<{ readonly exit: Exit; readonly read: ReadonlySet<string> }> {
  const read = new Set<string>(files);
  const reports: Report[] = [];
  let unread = false;
  for (const path of files) {
    const plain = reader(path);
    const noted: Read = (name) => {
      read.add(name);
      return plain(name);
    };
    const checked = openPolicy(path, { read: noted });
    if (checked === undefined) {
      unread = true;
      // So that who reads the report alone misses it, too.
      const broken = 'it could not be read';
      reports.push({ file: path, broken, cases: [], rules: 0, unexpected: [] });
      continue;
    }
    const errors = checked.diagnostics.filter(({ severity }) => severity === 'error');
    showDiagnostics(errors, format === 'pretty' ? 'pretty' : 'concise');
    reports.push(reportOf(path === '-' ? '<stdin>' : path, checked));
  }
  await showReports(reports, format, coverage);
  const { total, passed } = count(reports);
  if (unread) return { exit: EXIT.failed, read };
  if (total === 0 && !allowEmpty) {
    complain(
      'nothing is expected',
      'write `expect MATCHES via UPLINK` lines, or allow it: `--allow-empty`',
    );
    return { exit: EXIT.no, read };
  }
  return { exit: passed === total ? EXIT.yes : EXIT.no, read };
}
