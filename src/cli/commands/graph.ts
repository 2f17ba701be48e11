import { type Command, Option } from 'commander';
import { writeOutput } from '../../host/write-output.ts';
import { EXIT, type Exit } from '../exit.ts';
import { complain, out, showDiagnostics } from '../io.ts';
import { openPolicy } from '../open-policy.ts';
import { dotGraph } from '../reports/dot-graph.ts';
import { graphOf } from '../reports/graph-of.ts';
import { mermaidGraph } from '../reports/mermaid-graph.ts';

const GRAPHS = { mermaid: mermaidGraph, dot: dotGraph } as const;

interface Options {
  readonly format: keyof typeof GRAPHS;
  readonly output?: string;
}

/** `routec graph POLICY`: the rules and where they lead, as a text that other tools draw. */
export function graphCommand(program: Command, done: (exit: Exit) => void): void {
  program
    .command('graph')
    .summary('draw a policy')
    .description('Draws the rules of a policy in their order, and where each leads.')
    .argument('<policy>', 'the policy; `-` for standard input')
    .addOption(
      new Option('--format <format>', 'what is to draw it')
        .choices(Object.keys(GRAPHS))
        .default('mermaid'),
    )
    .option('-o, --output <file>', 'write a file, not to standard output')
    .addHelpText(
      'after',
      '\nExamples:\n  routec graph policy.route\n  routec graph policy.route --format dot | dot -Tsvg > policy.svg',
    )
    .action((policy: string, options: Options) => {
      done(run(policy, options));
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
  const text = GRAPHS[format](graphOf(policy, program, path === '-' ? '<stdin>' : path));
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
