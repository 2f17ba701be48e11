import { printable } from '../text/printable.ts';
import type { Command, Step } from './step.ts';

/** So many changes of a step are shown; a policy may have a hundred thousand. */
const MOST = 40;

/** The steps of a plan in words, each with what comes, goes and changes, and what it does to traffic. */
export function renderPlan(steps: readonly Step[], leftOut: readonly string[]): string {
  const lines = steps.flatMap(({ sign, title, effect, changes }, index) => [
    `${sign} ${index + 1}. ${title}`,
    ...changes.slice(0, MOST).map((change) => `      ${change.sign} ${printable(change.text)}`),
    ...(changes.length > MOST ? [`      … and ${changes.length - MOST} more`] : []),
    `      traffic: ${effect}`,
  ]);
  const done = steps.length === 0 ? ['nothing to do: what is live is what is wanted'] : [];
  return [...lines, ...done, ...leftOut.map((each) => `left out: ${printable(each)}`), ''].join(
    '\n',
  );
}

/** The exact commands and standard inputs of a plan, as a shell would take them. */
export function renderCommands(steps: readonly Step[]): string {
  return steps
    .map(({ run, title }, index) => `# ${index + 1}. ${title}\n${renderCommand(run)}`)
    .join('\n');
}

function renderCommand({ argv, stdin }: Command): string {
  const words = argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(' ');
  return stdin === undefined ? `${words}\n` : `${words} <<'ROUTEC'\n${stdin}ROUTEC\n`;
}
