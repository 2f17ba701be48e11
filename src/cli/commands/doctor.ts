import type { Command } from 'commander';
import type { BackendName } from '../../emit/backends.ts';
import { DOCTOR } from '../../host/doctor-checks.ts';
import { drawPlan } from '../../host/draw-plan.ts';
import { examine } from '../../host/examine.ts';
import type { Finding } from '../../host/finding.ts';
import { countSeverities } from '../../text/count-severities.ts';
import { printable, printableJson } from '../../text/printable.ts';
import type { Palette } from '../../text/render-frame.ts';
import { EXIT, type Exit } from '../exit.ts';
import { goalToLookAt } from '../goal-to-look-at.ts';
import { complain, out, palette } from '../io.ts';
import { backendOption } from '../options.ts';

interface Options {
  readonly backend?: BackendName;
  readonly json: boolean;
}

/** A finding, and the check that made it. */
type Told = Finding & { readonly check: string };

/** `routec doctor [POLICY]`: what on this machine hurts a policy, and what to do. */
export function doctorCommand(program: Command, done: (exit: Exit) => void): void {
  program
    .command('doctor')
    .summary('say what on this machine hurts a policy, and what to do')
    .description(
      'Looks at what others have on this machine: rules, routes, marks, rulesets, settings and daemons that stand ' +
        'against a policy, and at tools that are missing. Changes nothing. Ends with 0 if nothing hurts, with 1 if ' +
        'something does, and with 2 if not all could be seen.',
    )
    .argument(
      '[policy]',
      'the policy (default: the one that was applied, or what any policy would want)',
    )
    .option('--json', 'for programs', false)
    .addOption(backendOption())
    .addHelpText('after', '\nExamples:\n  routec doctor\n  routec doctor policy.route --json')
    .action((policy: string | undefined, options: Options) => {
      done(run(policy, options));
    });
}

function run(path: string | undefined, options: Options): Exit {
  const goal = goalToLookAt(path, options);
  if (goal !== undefined && 'exit' in goal) return goal.exit;
  const plan = goal === undefined ? undefined : drawPlan(goal, 'unread');
  if (plan !== undefined && 'refused' in plan) {
    complain(plan.refused);
    return EXIT.failed;
  }
  const examined = examine(goal && plan && { goal, plan });
  const findings = DOCTOR.flatMap(({ name, run: look }) =>
    look(examined).map((each): Told => ({ check: name, ...each })),
  ).sort((a, b) => RANK.indexOf(a.severity) - RANK.indexOf(b.severity));
  const unread = [
    ...(goal === undefined && process.getuid?.() !== 0
      ? ['what was applied: only root sees it']
      : []),
    ...examined.machine.unread(),
  ];
  out(options.json ? jsonFindings(findings, unread) : prettyFindings(findings, unread));
  if (findings.some(({ severity }) => severity !== 'note')) return EXIT.no;
  return unread.length > 0 ? EXIT.failed : EXIT.yes;
}

const RANK: readonly Finding['severity'][] = ['error', 'warning', 'note'];

function prettyFindings(findings: readonly Told[], unread: readonly string[]): string {
  const colours: Palette = palette(process.stdout);
  const told = findings.map(({ severity, check, message, help }) => {
    const more = help === undefined ? '' : `  = help: ${printable(help)}\n`;
    return `${colours[severity](`${severity}[${check}]`)}: ${printable(message)}\n${more}\n`;
  });
  const unseen = unread.map((what) => `${colours.note('not seen')}: ${printable(what)}\n`);
  const count = countSeverities(findings);
  const counts = RANK.filter((severity) => count[severity] > 0).map(
    (severity) => `${count[severity]} ${severity}${count[severity] === 1 ? '' : 's'}`,
  );
  const sum = counts.length === 0 ? 'nothing hurts' : counts.join(', ');
  return `${told.join('')}${unseen.join('')}${sum}\n`;
}

/** For programs; the shape only ever grows. */
function jsonFindings(findings: readonly Told[], unread: readonly string[]): string {
  const told = {
    version: 1,
    findings: findings.map(({ check, severity, message, help }) => ({
      check,
      severity,
      message,
      help: help ?? null,
    })),
    summary: countSeverities(findings),
    unread,
  };
  return `${printableJson(JSON.stringify(told, null, 2))}\n`;
}
