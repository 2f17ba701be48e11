import { type Command, Option } from 'commander';
import { writeOutput } from '../../host/write-output.ts';
import { graphOf } from '../../policy/graph-of.ts';
import { EXIT, type Exit } from '../exit.ts';
import { htmlGraph } from '../html-graph.ts';
import { complain, out } from '../io.ts';
import { openPolicy } from '../open-policy.ts';
import { dotGraph } from '../reports/dot-graph.ts';
import { mermaidGraph } from '../reports/mermaid-graph.ts';
import { showDiagnostics } from '../show-diagnostics.ts';

const GRAPHS = { mermaid: mermaidGraph, dot: dotGraph } as const;
const FORMATS = [...(Object.keys(GRAPHS) as (keyof typeof GRAPHS)[]), 'html'] as const;

interface Options {
  readonly format: (typeof FORMATS)[number];
  readonly html?: true;
  readonly output?: string;
}

/**
 * `routec graph POLICY`: the rules and where they lead, as a text that other tools draw, or a page on which
 * one types a packet and sees its way.
 */
export function graphCommand(program: Command, done: (exit: Exit) => void): void {
  program
    .command('graph')
    .summary('draw a policy')
    .description(
      'Draws the rules of a policy in their order, and where each leads; or, as html, makes one page that ' +
        'loads nothing, on which one types a packet and sees its way.',
    )
    .argument('<policy>', 'the policy; `-` for standard input')
    .addOption(
      new Option('--format <format>', 'what is to draw it').choices(FORMATS).default('mermaid'),
    )
    .addOption(new Option('--html', 'the same as `--format html`').conflicts('format'))
    .option('-o, --output <file>', 'write a file, not to standard output')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  routec graph policy.route',
        '  routec graph policy.route --format dot | dot -Tsvg > policy.svg',
        '  routec graph policy.route --html -o policy.html',
      ].join('\n'),
    )
    .action((policy: string, options: Options) => {
      done(run(policy, options.html ? { ...options, format: 'html' } : options));
    });
}

function run(path: string, { format, output }: Options): Exit {
  const checked = openPolicy(path);
  if (checked === undefined) return EXIT.failed;
  const { policy, program, diagnostics } = checked;
  if (program === undefined) {
    showDiagnostics(
      diagnostics.filter(({ severity }) => severity === 'error'),
      'pretty',
    );
    return EXIT.no;
  }
  const drawn =
    format === 'html'
      ? htmlGraph(path, checked)
      : { text: GRAPHS[format](graphOf(policy, program, path === '-' ? '<stdin>' : path)) };
  if ('refused' in drawn) {
    complain(drawn.refused, drawn.help);
    return EXIT.failed;
  }
  const { text } = drawn;
  if (output === undefined) out(text);
  else {
    const { refused } = writeOutput(output, text);
    if (refused !== undefined) {
      complain(`${output}: ${refused}`);
      return EXIT.failed;
    }
  }
  return EXIT.yes;
}
