import type { Command } from 'commander';
import type { BackendName } from '../../emit/backends.ts';
import { writeOutput } from '../../host/write-output.ts';
import { writePlanFile } from '../../plan/plan-file.ts';
import { renderPlan } from '../../plan/render-plan.ts';
import { compileGoal } from '../compile-goal.ts';
import { EXIT, type Exit } from '../exit.ts';
import { complain, out, say } from '../io.ts';
import { backendOption, formatOption, killOption, strictOption } from '../options.ts';
import { prepare } from '../prepare.ts';
import type { Format } from '../show-diagnostics.ts';

interface Options {
  readonly output?: string;
  readonly backend?: BackendName;
  readonly kill: boolean;
  readonly strict: boolean;
  readonly format: Format;
}

/** `routec plan POLICY`: what an apply would do, step by step, and what each step does to traffic. */
export function planCommand(program: Command, done: (exit: Exit) => void): void {
  program
    .command('plan')
    .summary('say what an apply would do to this router, and change nothing')
    .description(
      'Compares a policy with what is live on this router, and prints the steps of an apply in their ' +
        'order: + comes, - goes, ~ changes. Changes nothing. Needs root, to see what is live.',
    )
    .argument('<policy>', 'the policy; `-` for standard input')
    .option('-o, --output <file>', 'save the plan: `routec apply FILE` does just that, or refuses')
    .addOption(killOption())
    .addOption(backendOption())
    .addOption(strictOption())
    .addOption(formatOption())
    .addHelpText(
      'after',
      '\nExamples:\n  routec plan policy.route\n  routec plan policy.route -o tonight.json',
    )
    .action((policy: string, options: Options) => {
      done(run(policy, options));
    });
}

function run(path: string, options: Options): Exit {
  const compiled = compileGoal(path, options);
  if ('exit' in compiled) return compiled.exit;
  const { goal } = compiled;
  const plan = prepare(goal);
  if (plan === undefined) return EXIT.failed;
  out(renderPlan(plan.steps, plan.leftOut));
  if (options.output === undefined) return EXIT.yes;
  const { artefacts, families } = goal;
  const { fingerprint, steps } = plan;
  const text = writePlanFile({ fingerprint, artefacts, families: [...families], steps });
  const written = writeOutput(options.output, text);
  if (written.refused !== undefined) {
    complain(`${options.output}: ${written.refused}`);
    return EXIT.failed;
  }
  say(
    `saved: \`routec apply ${options.output}\` does just that, while the router is as it is now\n`,
  );
  return EXIT.yes;
}
