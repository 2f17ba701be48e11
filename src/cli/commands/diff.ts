import type { Command } from 'commander';
import { diffPolicies } from '../../analysis/diff-policies.ts';
import { EXIT, type Exit } from '../exit.ts';
import { complain, out, palette } from '../io.ts';
import { type OpenSide, openSide } from '../open-side.ts';
import { jsonDifference } from '../reports/json-difference.ts';
import { prettyDifference } from '../reports/pretty-difference.ts';
import { showDiagnostics } from '../show-diagnostics.ts';

interface Options {
  readonly text: boolean;
  readonly exitCode: boolean;
  readonly json: boolean;
}

/** `routec diff OLD NEW`: which traffic two policies make something else of. */
export function diffCommand(program: Command, done: (exit: Exit) => void): void {
  program
    .command('diff')
    .summary('say which traffic changes')
    .description(
      'Says which traffic changes from one policy to another, by meaning and not by text: what it ' +
        'was, what it becomes, a packet for each, and the lines that decide. A side is a file, ' +
        '`REVISION:PATH` as git has it, or a revision beside a policy. Includes and lists are read ' +
        'from where their policy is.',
    )
    .argument('[old]', 'the older policy', 'HEAD')
    .argument('[new]', 'the newer one; `-` for standard input', 'policy.route')
    .option('--text', 'show how the text differs, too', false)
    .option('--exit-code', 'end with 1 where traffic changes, or where that is not decided', false)
    .option('--json', 'for programs', false)
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  routec diff HEAD policy.route',
        '  routec diff main:policy.route policy.route --text',
        '  routec diff before.route after.route --exit-code',
      ].join('\n'),
    )
    .action(async (was: string, now: string, options: Options) => {
      done(await run(was, now, options));
    });
}

async function run(older: string, newer: string, options: Options): Promise<Exit> {
  if (older === '-' && newer === '-') {
    complain('both sides can not be standard input', 'name a file for one of them');
    return EXIT.failed;
  }
  const was = openSide(older, newer);
  const now = was && openSide(newer, older);
  if (was === undefined || now === undefined) return EXIT.failed;
  const [one, other] = [programOf(was), programOf(now)];
  // 1 is for traffic that changes.
  if (one === undefined || other === undefined) return EXIT.failed;
  const difference = diffPolicies(one, other);
  const sides = { was, now };
  if (options.json) out(jsonDifference(difference, sides));
  else out(prettyDifference(difference, sides, palette(process.stdout)));
  if (options.text && !options.json) out(await textDifference(was, now));
  const { changes, undecided } = difference;
  const differs = changes || undecided.before.length + undecided.after.length > 0;
  return options.exitCode && differs ? EXIT.no : EXIT.yes;
}

/** What a side comes to; nothing once its errors are shown. */
function programOf(side: OpenSide) {
  const { policy, program, diagnostics } = side.checked;
  if (program !== undefined) return { policy, program };
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  showDiagnostics(side.named(errors), 'pretty');
  return undefined;
}

/** The policies, their includes and lists as unified diffs. */
async function textDifference(was: OpenSide, now: OpenSide): Promise<string> {
  const { patch } = await import('../patch.ts');
  const [[first], [last]] = [[...was.texts], [...now.texts]];
  const rest = new Set([...was.texts.keys(), ...now.texts.keys()]);
  const parts: string[] = [];
  if (first !== undefined && last !== undefined) {
    // Policies of two names are compared with each other all the same.
    if (first[1] !== last[1]) parts.push(patch(last[0], first[1], last[1]));
    rest.delete(first[0]);
    rest.delete(last[0]);
  }
  for (const path of rest) {
    const [before, after] = [was.texts.get(path), now.texts.get(path)];
    if (before !== after) parts.push(patch(path, before, after));
  }
  return parts.length === 0 ? '\nthe text is the same\n' : `\n${parts.join('')}`;
}
