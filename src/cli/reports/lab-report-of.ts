import { bug } from '../../bug.ts';
import { minuteOf } from '../../lab/means.ts';
import { isAt, type Picked, packetAt, pickPackets } from '../../lab/pick-packets.ts';
import { type ForwardTrial, type Loaded, type Trial, type Tried, upBut } from '../../lab/trial.ts';
import { tryPolicy } from '../../lab/try-policy.ts';
import { evaluate } from '../../model/evaluate.ts';
import type { Box, Program, Uplink } from '../../model/program.ts';
import { regionsOf } from '../../model/regions.ts';
import { formatAddress } from '../../net/address.ts';
import { deviceInterval } from '../../net/device-name.ts';
import { contains } from '../../net/interval-set.ts';
import { formatOutcomes } from '../../policy/format-outcome.ts';
import { formatPacket } from '../../policy/format-packet.ts';
import { judgeExpects } from '../../policy/judge-expects.ts';
import { lowerExpect } from '../../policy/lower-question.ts';
import type { Policy } from '../../policy/policy.ts';
import { routesById } from '../../policy/routes-by-id.ts';
import { stretch } from '../../series.ts';
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
 * What a policy comes to on a kernel: its expectations, or a packet for each rule where there is none; and the
 * ports that it forwards.
 *
 * @returns or what this machine lacks, in words
 */
export async function labReportOf(
  file: string,
  policy: Policy,
  loaded: Loaded,
): Promise<Report | { readonly refused: string }> {
  const smoke = policy.expects.length === 0;
  const minute = minuteOf(new Date());
  const forwards = policy.forwards.map((each) => ofForward(each, loaded));
  const of = smoke ? ofRules : ofExpects;
  const attempts = [...of(policy, loaded, minute), ...forwards];
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
  const things = forwards.length > 0 ? 'lines' : smoke ? 'rules' : 'expectations';
  return { file, of: things, cases, rules, unexpected: [] };
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

/** A port that is led on, asked for in each way that it may be. */
function ofForward({ statement, id }: Policy['forwards'][number], { program }: Loaded): Attempt {
  const forward = program.forwards.find((each) => each.id === id) ?? bug('a forward is lost');
  const ends = forward.ports.flat();
  const ports = [...new Set([Math.min(...ends), Math.max(...ends)])];
  const isLed = (uplink: Uplink, protocol: number, port: number): boolean =>
    // An earlier line may have taken it.
    program.forwards.find(
      (each) =>
        each.to.address.family === forward.to.address.family &&
        each.uplinks.includes(uplink) &&
        each.protocols.includes(protocol) &&
        contains(each.ports, port),
    ) === forward;
  const trials = forward.uplinks.flatMap((uplink) =>
    forward.protocols.flatMap((protocol) =>
      ports
        .filter((port) => isLed(uplink, protocol, port))
        .flatMap((port) => {
          const inside = uplink.own.some(({ family }) => family === forward.to.address.family);
          const ways = inside ? (['internet', 'LAN'] as const) : (['internet'] as const);
          return ways.map((by): Trial => {
            return { kind: 'forward', forward, uplink, protocol, port, by };
          });
        }),
    ),
  );
  const address = formatAddress(forward.to.address);
  return { base: lineCase(statement, `answered by ${address}`), trials };
}

function ofExpects(policy: Policy, { program }: Loaded, minute: number): Attempt[] {
  const routes = routesById(policy);
  return judgeExpects(policy, program).expects.map(({ expect, judgement }) => {
    const { question, downs } = lowerExpect(expect, program);
    const up = upBut(program, downs);
    const { picked, more } = pickPackets(program, question, up, PACKETS, minute);
    const against = judgement.kind === 'fails' ? [{ packet: judgement.packet }] : [];
    return {
      base: caseOf(expect, judgement, routes),
      trials: [...against, ...picked].map((each) => ({ kind: 'packet', ...each, downs })),
      ...(more > 0 ? { untried: `${more} more ways that its packets go were not tried` } : {}),
    };
  });
}

function ofRules(policy: Policy, { program }: Loaded, minute: number): Attempt[] {
  const routes = routesById(policy);
  const up = upBut(program, new Set());
  const found = new Map<string, Picked>();
  for (const list of ['forwarded', 'inbound', 'local', 'marked'] as const) {
    for (const { id, boxes } of stretch(program[list], 0, RULES)) {
      if (found.has(id)) continue;
      const question = {
        boxes,
        local: list === 'local' || list === 'marked',
        arrivals: list === 'inbound' ? arrivalsOf(program, boxes) : [],
      };
      const its = regionsOf(program, question, up).regions.filter(({ rule }) => rule?.id === id);
      const region = its.find(({ box }) => isAt(box, minute)) ?? its[0];
      if (region === undefined) continue;
      found.set(id, { packet: packetAt(region, minute), box: region.box });
    }
  }
  return [...routes].map(([id, { statement }]) => {
    const picked = found.get(id);
    const expected =
      picked === undefined ? '' : formatOutcomes(evaluate(program, picked.packet, up).outcomes);
    const base = lineCase(statement, expected);
    if (picked !== undefined) {
      return { base, trials: [{ kind: 'packet', ...picked, downs: new Set<string>() }] };
    }
    return { base, trials: [], untried: 'no packet that the lab could send comes to this line' };
  });
}

/** The uplinks whose devices some boxes name. */
const arrivalsOf = ({ uplinks }: Program, boxes: readonly Box[]): readonly Uplink[] =>
  uplinks.filter(({ device }) =>
    boxes.some((box) => box.device && contains(box.device, deviceInterval(device, false)[0])),
  );

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
    const { got } = wrong.each;
    const failed = {
      ...base,
      result: 'fail',
      got,
      labels: [at(base.labels[0].span, got)],
    } as const;
    const message = `expected \`${base.expected}\`, and on the kernel ${got}`;
    const blame = "that the kernel does not agree is a bug in routec, or this kernel's";
    if (wrong.trial.kind === 'forward') {
      return { ...failed, message, notes: [`asked for: ${askedFor(wrong.trial)}`, blame] };
    }
    const { packet, downs } = wrong.trial;
    const { outcomes } = evaluate(program, packet, upBut(program, downs));
    return {
      ...failed,
      message,
      packet: formatPacket(packet),
      notes: [
        `packet: ${formatPacket(packet)}`,
        `the model says \`${formatOutcomes(outcomes)}\`: ${blame}`,
      ],
    };
  }
  const reasons = new Set(
    all.flatMap(({ each }) => {
      if (each.kind === 'impossible') return [`the lab ${each.why}`];
      return each.kind === 'agrees' && each.noShares !== undefined
        ? [`the lab ${each.noShares}`]
        : [];
    }),
  );
  const shares = all.flatMap(({ each }) => (each.kind === 'agrees' ? (each.shares ?? []) : []));
  if (untried !== undefined) reasons.add(untried);
  const done = all.filter(({ each }) => each.kind === 'agrees');
  if (base.result !== 'pass') {
    const first = all[0]?.each;
    if (base.packet === undefined || first === undefined) return base;
    const said = first.kind === 'agrees' ? `on the kernel, too: ${first.got}` : [...reasons][0];
    return { ...base, notes: [...base.notes, said ?? 'it was not tried on the kernel'] };
  }
  if (reasons.size === 0 && done.length > 0) return { ...base, notes: shares };
  const [first = 'no packet is like this', ...others] = reasons;
  if (done.length === 0) {
    return { ...base, result: 'skip', message: first, notes: others, labels: base.labels };
  }
  const left = all.filter(({ each }) => each.kind === 'impossible').map(({ trial }) => trial);
  return {
    ...base,
    message: `${done.length} packet${done.length === 1 ? '' : 's'} as expected, but ${first}`,
    notes: [
      ...others,
      ...shares,
      ...left.map((trial) =>
        trial.kind === 'packet'
          ? `not sent: ${formatPacket(trial.packet, true)}`
          : `not asked for: ${askedFor(trial)}`,
      ),
    ],
  };
}

const askedFor = ({ uplink, protocol, port, by }: ForwardTrial): string =>
  `${protocol === 6 ? 'tcp' : protocol === 17 ? 'udp' : 'sctp'} ${port} of \`${uplink.name}\`, from the ${by}`;
