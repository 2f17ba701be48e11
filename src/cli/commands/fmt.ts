import { type Command, Option } from 'commander';
import { decode } from '../../../grammar/decode.ts';
import { format } from '../../../grammar/format.ts';
import { readFile, readStandardInput } from '../../host/read-file.ts';
import { replaceFile } from '../../host/replace-file.ts';
import type { Diagnostic } from '../../text/diagnostic.ts';
import { EXIT, type Exit } from '../exit.ts';
import { complain, out, say } from '../io.ts';
import { formatOption } from '../options.ts';
import { patch } from '../patch.ts';
import { type Format, showDiagnostics } from '../show-diagnostics.ts';

interface Options {
  readonly check: boolean;
  readonly diff: boolean;
  readonly format: Format;
}

/** `routec fmt [FILES]`: lays policies out in the one canonical way. */
export function fmtCommand(program: Command, done: (exit: Exit) => void): void {
  program
    .command('fmt')
    .summary('lay a policy out in the canonical way')
    .description(
      'Formats policies in their places: blanks, columns, ends of lines. Words and comments stay ' +
        'as they are, and the formatted text is parsed again before it is written: it means the ' +
        'same. A file with a syntax error is left alone. Files that a policy includes are not ' +
        'looked at: name them too.',
    )
    .argument(
      '[files...]',
      'policies; `-` for standard input to standard output (default: policy.route)',
    )
    .addOption(
      new Option('--check', 'write nothing; name what is not formatted, and exit 1 if anything')
        .default(false, 'off')
        .conflicts('diff'),
    )
    .addOption(
      new Option(
        '--diff',
        'write nothing; print what would change, and exit 1 if anything',
      ).default(false, 'off'),
    )
    .addOption(formatOption())
    .addHelpText(
      'after',
      '\nExamples:\n  routec fmt\n  routec fmt --check *.route      in CI\n  routec fmt - < policy.route',
    )
    .action((files: string[], options: Options) => {
      done(run(files.length > 0 ? files : ['policy.route'], options));
    });
}

function run(files: readonly string[], options: Options): Exit {
  const diagnostics: Diagnostic[] = [];
  const exits = files.map((path) => formatOne(path, options, diagnostics));
  // Standard output holds texts, names and diffs.
  showDiagnostics(diagnostics, options.format, true);
  if (exits.includes(EXIT.failed)) return EXIT.failed;
  return exits.includes(EXIT.no) ? EXIT.no : EXIT.yes;
}

function formatOne(path: string, options: Options, diagnostics: Diagnostic[]): Exit {
  const file = path === '-' ? readStandardInput() : readFile(path);
  if ('refused' in file) {
    complain(`${path}: ${file.refused}`, path === '-' ? undefined : 'name a .route file');
    return EXIT.failed;
  }
  const name = path === '-' ? '<stdin>' : path;
  const { source, fault } = decode(name, file.bytes, true);
  const formatted = fault === undefined ? format(source) : { diagnostics: [fault] };
  if ('diagnostics' in formatted) {
    for (const each of formatted.diagnostics) diagnostics.push(each);
    return EXIT.no;
  }
  const { text } = formatted;
  const before = new TextDecoder('utf-8', { ignoreBOM: true }).decode(file.bytes);
  if (options.check || options.diff) {
    if (text === before) return EXIT.yes;
    out(options.check ? `${name}\n` : patch(name, before, text));
    return EXIT.no;
  }
  if (path === '-') {
    out(text);
    return EXIT.yes;
  }
  if (text === before) return EXIT.yes;
  const { refused } = replaceFile(path, file.bytes, text);
  if (refused !== undefined) {
    complain(
      `${path}: ${refused}`,
      'it is as it was; its owner or root can, where file and folder are writable',
    );
    return EXIT.failed;
  }
  say(`${path}: formatted\n`);
  return EXIT.yes;
}
