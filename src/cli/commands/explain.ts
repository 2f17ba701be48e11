import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { type Explanation, explainQuestion } from '../../policy/explain-question.ts';
import type { Question } from '../../policy/read-question.ts';
import type { Diagnostic } from '../../text/diagnostic.ts';
import { EXIT, type Exit } from '../exit.ts';
import { complain, out, palette, say, showDiagnostics } from '../io.ts';
import { openPolicy } from '../open-policy.ts';
import { jsonExplanation } from '../reports/json-explanation.ts';
import { prettyExplanation } from '../reports/pretty-explanation.ts';

interface Options {
  readonly down: readonly string[];
  readonly json: boolean;
}

/** `routec explain POLICY PACKET`: what becomes of a packet, and which line says so. */
export function explainCommand(program: Command, done: (exit: Exit) => void): void {
  program
    .command('explain')
    .summary('say what becomes of a packet, and why')
    .description(
      'Says what becomes of the first packet of a connection, and of its answers: the line that ' +
        'decides, mark, rule, table, gateway and NAT. A packet is a list of matches, as a `route` ' +
        'has them. What is left out is asked for where it decides.',
    )
    .argument('<policy>', 'the policy; `-` for standard input')
    .argument('<packet...>', 'matches, in quotes or not')
    .option(
      '--down <uplink>',
      'as if that uplink were down (may be given several times)',
      (name: string, names: readonly string[]) => [...names, name],
      [],
    )
    .option('--json', 'for programs', false)
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        "  routec explain policy.route 'host 192.168.0.228 tcp 80 to 203.0.113.80 in lan0'",
        "  routec explain policy.route 'local udp 53 to 9.9.9.9' --down dsl --json",
      ].join('\n'),
    )
    .action(async (policy: string, packet: string[], options: Options) => {
      done(await run(policy, packet.join(' '), options));
    });
}

async function run(path: string, packet: string, options: Options): Promise<Exit> {
  const question: Question = {
    packet: { name: '<packet>', text: packet, quotable: true },
    downs: options.down.map((text) => ({ name: '<--down>', text, quotable: true })),
  };
  const checked = openPolicy(path, { question });
  if (checked === undefined) return EXIT.failed;
  const { policy, program, diagnostics } = checked;
  if (program === undefined || policy.question === undefined) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    showDiagnostics(errors, 'pretty');
    return errors.every(isOfQuestion) ? EXIT.failed : EXIT.no;
  }
  let explanation = explainQuestion(policy, program, policy.question);
  if (explanation.kind === 'depends' && !options.json && mayAsk()) {
    out(prettyExplanation(explanation, program, palette(process.stdout)));
    explanation = await choose(explanation);
  }
  if (options.json) {
    const down = policy.question.downs.map(({ name }) => name);
    out(jsonExplanation(explanation, { asked: packet, down }));
  } else out(prettyExplanation(explanation, program, palette(process.stdout)));
  if (explanation.kind === 'answer') return EXIT.yes;
  if (explanation.kind === 'depends' && !options.json) {
    complain('the packet leaves out what decides', 'take one of these packets');
  }
  return EXIT.failed;
}

/** Whether a finding is about what was typed, not about the policy. */
function isOfQuestion({ labels: [{ span }] }: Diagnostic): boolean {
  return span.source.name === '<packet>' || span.source.name === '<--down>';
}

const mayAsk = (): boolean => process.stdin.isTTY && process.stdout.isTTY;

/** Asks which of the packets is meant. */
async function choose(depends: Explanation & { readonly kind: 'depends' }): Promise<Explanation> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    for (;;) {
      const typed = await lines.question(`which one (1 to ${depends.packets.length})? `);
      const chosen = depends.packets[Number(typed.trim()) - 1];
      if (chosen !== undefined) return { kind: 'answer', ...chosen, unless: [] };
      say('a number, please\n');
    }
  } catch {
    // Ctrl-C or Ctrl-D: then nothing is chosen.
    return depends;
  } finally {
    lines.close();
  }
}
