import { bug } from '../../bug.ts';
import { pickPackets } from '../../lab/pick-packets.ts';
import { type Loaded, type Trial, type Tried, tryPolicy, upBut } from '../../lab/try-policy.ts';
import { evaluate } from '../../model/evaluate.ts';
import type { Packet } from '../../model/packet.ts';
import type { Rule } from '../../model/program.ts';
import { regionsOf } from '../../model/regions.ts';
import { formatOutcomes } from '../../policy/format-outcome.ts';
import { formatPacket } from '../../policy/format-packet.ts';
import { judgeExpects } from '../../policy/judge-expects.ts';
import { lowerExpect } from '../../policy/lower-question.ts';
import type { Policy } from '../../policy/policy.ts';
import { routesById } from '../../policy/routes-by-id.ts';
import { at } from '../../text/diagnostic.ts';
import type { Case, Report } from './report.ts';
import { caseOf, placeOf } from './report-of.ts';

/** Of each expectation so many packets are sent. */
const PACKETS = 8;
/** Of a policy that expects nothing, so many rules are tried. */
const RULES = 1000;

/** A line of the policy with the packets that try it; its case as far as the model knows. */
interface Attempt {
  readonly base: Case;
  readonly trials: readonly Trial[];
  /** Why nothing, or not everything, is tried. */
  readonly untried?: string;
}

/**
 * What a policy comes to on a kernel: its expectations, or a packet for each rule where there is none; and what
 * it forwards, which is not tried.
 *
 * @returns or what this machine lacks, in words
 */
export async function labReportOf(
  file: string,
  policy: Policy,
  loaded: Loaded,
): Promise<Report | { readonly refused: string }> {
  const smoke = policy.expects.length === 0;
  const forwards = policy.forwards.map(ofForward);
  const attempts = [...(smoke ? ofRules(policy, loaded) : ofExpects(policy, loaded)), ...forwards];
  const tried = await tryPolicy(
    loaded,
    attempts.flatMap(({ trials }) => trials),
  );
  if ('refused' in tried) return tried;
  let next = 0;
  const cases = attempts.map((attempt) => {
    const its = tried.slice(next, next + attempt.trials.length);
    next += its.length;
    return caseOfAttempt(attempt, its, loaded);
  });
  const rules = routesById(policy).size;
  const of = forwards.length > 0 ? 'lines' : smoke ? 'rules' : 'expectations';
  return { file, of, cases, rules, unexpected: [] };
}

/** A line that says nothing of what is expected, before it is tried. */
function lineCase(statement: Parameters<typeof placeOf>[0], expected = ''): Case {
  return {
    ...placeOf(statement),
    result: 'pass',
    message: '',
    expected,
    decides: [],
    notes: [],
    labels: [at(statement.span, '')],
  };
}

const ofForward = ({ statement }: Policy['forwards'][number]): Attempt => ({
  base: lineCase(statement),
  trials: [],
  untried: 'the lab does not try `forward` lines: it sends nothing in by an uplink',
});

function ofExpects(policy: Policy, { program }: Loaded): Attempt[] {
  const routes = routesById(policy);
  return judgeExpects(policy, program).expects.map(({ expect, judgement }) => {
    const { question, downs } = lowerExpect(expect, program);
    const up = upBut(program, downs);
    const { packets, more } = pickPackets(program, question, up, PACKETS);
    const against = judgement.kind === 'fails' ? [judgement.packet] : [];
    return {
      base: caseOf(expect, judgement, routes),
      trials: [...against, ...packets].map((packet) => ({ packet, downs })),
      ...(more > 0 ? { untried: `${more} more ways that its packets go were not tried` } : {}),
    };
  });
}

function ofRules(policy: Policy, { program }: Loaded): Attempt[] {
  const routes = routesById(policy);
  const lists: readonly (readonly [readonly Rule[], boolean])[] = [
    [program.forwarded, false],
    [program.local, true],
  ];
  const up = upBut(program, new Set());
  const found = new Map<string, Packet>();
  for (const [rules, local] of lists) {
    for (const rule of rules.slice(0, RULES)) {
      if (found.has(rule.id)) continue;
      const question = { boxes: rule.boxes, local, arrivals: [] };
      const { regions } = regionsOf(program, question, up);
      const its = regions.find((region) => region.rule?.id === rule.id);
      if (its !== undefined) found.set(rule.id, its.packet);
    }
  }
  return [...routes].map(([id, { statement }]) => {
    const packet = found.get(id);
    const expected =
      packet === undefined ? '' : formatOutcomes(evaluate(program, packet, up).outcomes);
    const base = lineCase(statement, expected);
    if (packet !== undefined) return { base, trials: [{ packet, downs: new Set<string>() }] };
    return { base, trials: [], untried: 'no packet that the lab could send comes to this line' };
  });
}

/** What the model says, and the kernel. */
function caseOfAttempt(
  { base, trials, untried }: Attempt,
  tried: readonly Tried[],
  { program }: Loaded,
): Case {
  const all = tried.map((each, index) => {
    return { each, trial: trials[index] ?? bug('an answer to nothing') };
  });
  const wrong = all.find(({ each }) => each.kind === 'differs');
  if (wrong !== undefined && wrong.each.kind === 'differs') {
    const { packet, downs } = wrong.trial;
    const { outcomes } = evaluate(program, packet, upBut(program, downs));
    const { got } = wrong.each;
    return {
      ...base,
      result: 'fail',
      message: `expected \`${base.expected}\`, and on the kernel ${got}`,
      got,
      packet: formatPacket(packet),
      notes: [
        `packet: ${formatPacket(packet)}`,
        `the model says \`${formatOutcomes(outcomes)}\`: that the kernel does not agree is a bug in routec, or this kernel's`,
      ],
      labels: [at(base.labels[0].span, got)],
    };
  }
  const reasons = new Set(
    all.flatMap(({ each }) => (each.kind === 'impossible' ? [`the lab ${each.why}`] : [])),
  );
  if (untried !== undefined) reasons.add(untried);
  const done = all.filter(({ each }) => each.kind === 'agrees');
  if (base.result !== 'pass') {
    const first = all[0]?.each;
    if (base.packet === undefined || first === undefined) return base;
    const said = first.kind === 'agrees' ? `on the kernel, too: ${first.got}` : [...reasons][0];
    return { ...base, notes: [...base.notes, said ?? 'it was not tried on the kernel'] };
  }
  if (reasons.size === 0 && done.length > 0) return base;
  const [first = 'no packet is like this', ...others] = reasons;
  if (done.length === 0) {
    return { ...base, result: 'skip', message: first, notes: others, labels: base.labels };
  }
  const left = all.filter(({ each }) => each.kind === 'impossible').map(({ trial }) => trial);
  return {
    ...base,
    message: `${done.length} packet${done.length === 1 ? '' : 's'} as expected, but ${first}`,
    notes: [...others, ...left.map(({ packet }) => `not sent: ${formatPacket(packet)}`)],
  };
}
