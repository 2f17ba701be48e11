import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { bug } from '../../bug.ts';
import type { BackendName } from '../../emit/backends.ts';
import { askKernel } from '../../host/ask-kernel.ts';
import { lockOf } from '../../host/draw-plan.ts';
import { readSetting } from '../../host/live-state.ts';
import { statusReader } from '../../host/read-status.ts';
import { readRecord } from '../../host/records.ts';
import type { Up } from '../../model/evaluate.ts';
import type { Program } from '../../model/program.ts';
import { FAMILIES } from '../../net/address.ts';
import { isAsSaid } from '../../plan/live-answer.ts';
import { liveUp } from '../../plan/live-up.ts';
import type { Seen } from '../../plan/status.ts';
import {
  type Explained,
  type Explanation,
  explainQuestion,
} from '../../policy/explain-question.ts';
import type { Policy, QuestionPolicy } from '../../policy/policy.ts';
import type { Question } from '../../policy/read-question.ts';
import type { Diagnostic } from '../../text/diagnostic.ts';
import { EXIT, type Exit } from '../exit.ts';
import { goalToLookAt } from '../goal-to-look-at.ts';
import { complain, out, palette, say } from '../io.ts';
import { openPolicy } from '../open-policy.ts';
import { backendOption } from '../options.ts';
import { jsonExplanation } from '../reports/json-explanation.ts';
import { jsonLive } from '../reports/json-live.ts';
import { prettyExplanation } from '../reports/pretty-explanation.ts';
import { prettyLive } from '../reports/pretty-live.ts';
import { showDiagnostics } from '../show-diagnostics.ts';

interface Options {
  readonly backend?: BackendName;
  readonly down: readonly string[];
  readonly live: boolean;
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
        'has them. What is left out is asked for where it decides. With `--live` the running kernel ' +
        'is asked, too: where it sends the packet, which uplinks are down (unless `--down` says), and ' +
        'whether what is loaded is this policy. That ends with 1 where they differ, and with 2 if not ' +
        'all could be seen, for only root reads rulesets.',
    )
    .argument('<policy>', 'the policy; `-` for standard input')
    .argument('<packet...>', 'matches, in quotes or not')
    .option(
      '--down <uplink>',
      'as if that uplink were down (may be given several times)',
      (name: string, names: readonly string[]) => [...names, name],
      [],
    )
    .option('--live', 'ask the running kernel, too, and say where it differs', false)
    .option('--json', 'for programs', false)
    .addOption(backendOption())
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        "  routec explain policy.route 'host 192.168.0.228 tcp 80 to 203.0.113.80 in lan0'",
        "  routec explain policy.route 'local udp 53 to 9.9.9.9' --down dsl --json",
        "  routec explain policy.route 'host 192.168.0.228 tcp 80' --live",
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
  const { backend, live: asksKernel } = options;
  const lock = asksKernel ? lockOf(readRecord('running') ?? readRecord('past')) : undefined;
  const checked = openPolicy(path, { backend, question, lock });
  if (checked === undefined) return EXIT.failed;
  const { policy, program, diagnostics } = checked;
  if (program === undefined || policy.question === undefined) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    showDiagnostics(errors, 'pretty');
    return errors.every(isOfQuestion) ? EXIT.failed : EXIT.no;
  }
  const asked = policy.question;
  const seen = asksKernel ? look(path, options) : undefined;
  if (seen !== undefined && 'exit' in seen) return seen.exit;
  const up = seen === undefined || asked.downs.length > 0 ? undefined : liveUp(seen);
  const colours = palette(process.stdout);
  const spoken = seen === undefined ? asked : inSpoken(asked, seen);
  if (spoken !== asked && !options.json)
    say('IPv6 is off on this machine: IPv4 alone is asked about\n');
  const first = explainQuestion(policy, program, spoken, up);
  const asks = first.kind === 'depends' && !options.json && mayAsk();
  if (asks) out(prettyExplanation(first, program, colours));
  const explanation = asks ? await choose(first) : first;
  const answer = explanation.kind === 'answer' ? explanation : undefined;
  // What was chosen is of one family; what was answered at once is of all that were asked about.
  const others =
    asks || seen === undefined ? [] : inOtherFamily(policy, program, spoken, answer, up);
  const answers = answer === undefined ? [] : [answer, ...others];
  const live = seen && askKernel(program, seen, asked.conditions, answers);
  if (options.json) {
    const down =
      up === undefined ? asked.downs.map(({ name }) => name) : downBy(program, up, answer);
    const around = { asked: packet, down, ...(live === undefined ? {} : { live: jsonLive(live) }) };
    out(jsonExplanation(explanation, around));
  } else {
    out(prettyExplanation(explanation, program, colours));
    if (live !== undefined && answer !== undefined) out(prettyLive(live, answer, colours));
  }
  if (answer !== undefined) return live === undefined ? EXIT.yes : exitOf(isAsSaid(live));
  if (explanation.kind === 'depends' && !options.json) {
    complain('the packet leaves out what decides', 'take one of these packets');
  }
  return EXIT.failed;
}

/** The question in the families that the machine speaks, where it left them open. */
function inSpoken(question: QuestionPolicy, seen: Seen): QuestionPolicy {
  const noIpv6 = readSetting('net/ipv6/conf/all/disable_ipv6') === '1';
  const spoken = seen.families.filter((family) => family === 4 || !noIpv6);
  const families = question.conditions.families.filter((family) => spoken.includes(family));
  const same = families.length === 0 || families.length === question.conditions.families.length;
  return same ? question : { ...question, conditions: { ...question.conditions, families } };
}

/** The answer for the other family, where the question is about both: it is the same, but for its numbers. */
function inOtherFamily(
  policy: Policy,
  program: Program,
  question: QuestionPolicy,
  answer: Explained | undefined,
  up: Up | undefined,
): Explained[] {
  if (answer === undefined) return [];
  const { family: answered } = answer.packet;
  const families = question.conditions.families.filter((family) => family !== answered);
  if (families.length === 0) return [];
  const conditions = { ...question.conditions, families };
  const its = explainQuestion(policy, program, { ...question, conditions }, up);
  return its.kind === 'answer' ? [its] : [];
}

/** What is loaded on this machine, held to the policy; or how it ended, once that is said. */
function look(path: string, options: Options): Seen | { readonly exit: Exit } {
  const goal = goalToLookAt(path, options) ?? bug('a policy that is named, and is none');
  if ('exit' in goal) return goal;
  const seen = statusReader(goal)();
  if (!('refused' in seen)) return seen;
  complain(`the running kernel can't be asked: ${seen.refused}`, 'leave out `--live`');
  return { exit: EXIT.failed };
}

/** The uplinks that are down for the packet that was asked about; where it is not one, in all that they have. */
function downBy({ uplinks }: Program, up: Up, answer: Explained | undefined): string[] {
  const families = answer === undefined ? FAMILIES : [answer.packet.family];
  return uplinks
    .filter(({ name, ways }) => {
      const its = families.filter((family) => ways[family] !== undefined);
      return its.length > 0 && its.every((family) => !up.has(name, family));
    })
    .map(({ name }) => name);
}

function exitOf(asSaid: boolean | undefined): Exit {
  if (asSaid === undefined) return EXIT.failed;
  return asSaid ? EXIT.yes : EXIT.no;
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
