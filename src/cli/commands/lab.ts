import { type Command, Option } from 'commander';
import { compile, understand } from '../../compile.ts';
import { type BackendName, backendOf } from '../../emit/backends.ts';
import { findManifest } from '../../host/artefact-folder.ts';
import { reader } from '../../host/read-file.ts';
import { EXIT, type Exit } from '../exit.ts';
import { complain } from '../io.ts';
import { backendOption } from '../options.ts';
import { readEntry } from '../read-entry.ts';
import { count } from '../reports/report.ts';
import { REPORT_FORMATS, type ReportFormat, showReports } from '../reports/show-reports.ts';
import { showDiagnostics } from '../show-diagnostics.ts';

interface Options {
  readonly backend?: BackendName;
  readonly format: ReportFormat;
  readonly strict: boolean;
}

/** `routec lab POLICY`: tries the `expect` lines of a policy on a kernel of its own network. */
export function labCommand(program: Command, done: (exit: Exit) => void): void {
  program
    .command('lab')
    .summary('try what a policy expects of itself on a real kernel')
    .description(
      'Builds a router with the uplinks of a policy, an ISP for each and the LANs, in network ' +
        'namespaces that only this process sees; loads the policy with the plain tools, sends the ' +
        'packets of the `expect` lines (where there are none, one for each rule), and takes links ' +
        'down where a line says so. Needs no root, and touches nothing of the network of this machine.',
    )
    .argument('[policy]', 'the policy; `-` for standard input', 'policy.route')
    .addOption(backendOption())
    .addOption(
      new Option('--format <format>', 'how results are shown')
        .choices(REPORT_FORMATS)
        .default('pretty'),
    )
    .option('--strict', 'what the lab can not try, or only in part, counts as failed', false)
    .addHelpText(
      'after',
      '\nExamples:\n  routec lab policy.route\n  routec lab policy.route --backend iptables --format junit > report.xml',
    )
    .action(async (policy: string, options: Options) => {
      done(await run(policy, options));
    });
}

async function run(path: string, { backend: wanted, format, strict }: Options): Promise<Exit> {
  const entry = readEntry(path);
  if (entry === undefined) return EXIT.failed;
  const found = path === '-' ? {} : findManifest(entry.folder, entry.base);
  if ('refused' in found) {
    complain(found.refused, found.help);
    return EXIT.failed;
  }
  const names = Object.keys(found.manifest?.artefacts ?? {});
  const backend = wanted ?? backendOf(names, entry.base);
  const read = reader(path);
  const { policy, program, diagnostics } = understand(entry, read, found.manifest?.lock, backend);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  showDiagnostics(errors, format === 'pretty' ? 'pretty' : 'concise');
  if (program === undefined) return EXIT.no;
  const { artefacts } = compile(entry, read, found.manifest?.lock, backend);
  const { labReportOf } = await import('../reports/lab-report-of.ts');
  const loaded = { program, base: entry.base, artefacts, backend };
  const report = await labReportOf(path === '-' ? '<stdin>' : path, policy, loaded);
  if ('refused' in report) {
    const root = process.getuid?.() === 0 ? '' : 'root may do more: `sudo routec lab …`; ';
    complain(report.refused, `${root}\`routec test\` tries it by the model alone`);
    return EXIT.failed;
  }
  await showReports([report], format);
  if (report.cases.length === 0) {
    complain('nothing is expected, and there is no rule', 'write `route` and `expect` lines');
    return EXIT.no;
  }
  const { total, passed, skipped } = count([report]);
  const whole = report.cases.every(({ message }) => message === '');
  if (passed === 0) return EXIT.no;
  return passed + skipped === total && (whole || !strict) ? EXIT.yes : EXIT.no;
}
