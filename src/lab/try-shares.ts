import { bug } from '../bug.ts';
import type { Box } from '../model/program.ts';
import type { Family } from '../net/address.ts';
import { contains, type IntervalSet } from '../net/interval-set.ts';
import type { Answer } from './ask-agent.ts';
import { isRaw, type Sent } from './batches.ts';
import { byIsp, ispOfOutcome } from './judge-answer.ts';
import type { LabPlan } from './lab-plan.ts';
import { askerOf, type Bench, questionOf } from './send-batch.ts';
import { type Stage, stageBatch } from './stage-batch.ts';
import type { Tried } from './trial.ts';

/** So many connections show how a balance spreads them. */
const MANY = 400;
/** Fewer hosts show nothing. */
const FEW = 100;
/** Deviations that chance stays within, but once in 500 million times. */
const DEVIATIONS = 6;
/** Sources of no policy: so many networks that a hash of an address's beginning tells them apart, too. */
const LOWEST: { readonly [F in Family]: (at: number) => number | bigint } = {
  4: (at) => 0x0a4d_0001 + at,
  6: (at) => ((0x2001_1000n + BigInt(at)) << 96n) + 0x10n,
};
const FIRST_PORT = 20_000;

/** A packet whose rule spreads connections, as many of them. */
export interface Spread {
  readonly sent: Sent;
  /** Those that differ from it in their source address, or all in their source port. */
  readonly many: readonly Sent[];
}

/**
 * The connections that show how the rule of a packet spreads them; why they can't be sent, behind "the lab"; or
 * nothing, where all of them leave by one uplink.
 *
 * @param box the packets that it stands for
 */
export function spreadOf(
  { program, backend }: Pick<Stage, 'program' | 'backend'>,
  sent: Sent,
  box: Box,
): Spread | { readonly why: string } | undefined {
  const { rule, outcomes } = sent.evaluation;
  if (rule?.target.kind !== 'balance') return undefined;
  const ways = new Set(
    outcomes.map(({ outcome }) => (outcome.kind === 'uplink' ? outcome.uplink.name : outcome.kind)),
  );
  if (ways.size < 2) return undefined;
  const { packet } = sent;
  if (isRaw(packet)) return { why: 'sees shares of TCP and UDP only' };
  const { by } = program.balances[rule.target.balance] ?? bug('no such balance');
  if (by === 'flow') {
    const ports = (box.sourcePort ?? [[1, 65_535]]) as IntervalSet<number>;
    const last = FIRST_PORT + MANY - 1;
    const free = ports.some(([low, high]) => low <= FIRST_PORT && high >= last);
    if (!free) return { why: 'sees no shares of connections whose source port is given' };
    return { sent, many: Array.from({ length: MANY }, () => sent) };
  }
  if (packet.local) return { why: 'sees no shares by source of what the router itself sends' };
  if (backend === 'iptables' && packet.family === 6 && box.source !== undefined) {
    return { why: 'sees no shares by IPv6 source, of which iptables tells only the /32 apart' };
  }
  const many = sourcesOf(box)
    .filter((source) => source !== packet.destination)
    .map((source) => ({ ...sent, packet: { ...packet, source } }));
  if (many.length < FEW)
    return { why: `sees no shares of ${many.length} hosts, which are too few` };
  return { sent, many };
}

function sourcesOf({ family, source }: Box): (number | bigint)[] {
  if (source === undefined) return Array.from({ length: MANY }, (_, at) => LOWEST[family](at));
  const found: (number | bigint)[] = [];
  for (const [low, high] of source as IntervalSet<number | bigint>) {
    for (let at = 0; found.length < MANY; at += 1) {
      const next = typeof low === 'bigint' ? low + BigInt(at) : low + at;
      if (next > high) break;
      if (isHost(family, BigInt(next))) found.push(next);
    }
  }
  return found;
}

/** An address that a host of a LAN can have. */
function isHost(family: Family, value: bigint): boolean {
  if (family === 6) return value >> 125n === 1n || value >> 121n === 0x7en;
  const unicast: IntervalSet<number> = [
    [0x0100_0000, 0x7eff_ffff],
    [0x8000_0000, 0xa9fd_ffff],
    [0xa9ff_0000, 0xdfff_ffff],
  ];
  return contains(unicast, Number(value)) && value % 256n !== 0n && value % 256n !== 255n;
}

/** Sends them, and counts by which uplink they leave. */
export async function trySpread(bench: Bench, { sent, many }: Spread): Promise<Tried> {
  const { plan, backend, program } = bench;
  const unstage = await stageBatch(bench, many);
  const due = dueOf(plan, sent);
  let answers = await askEach(bench, many);
  // In such a storm a datagram is lost now and then: whoever heard nothing asks again.
  if (!due.has(NOWHERE)) {
    const again = await askEach(
      bench,
      many.filter((_, at) => !isNamed(answers[at])),
    );
    answers = [...answers.filter(isNamed), ...again];
  }
  await unstage();
  const counts = new Map<string, number>();
  for (const answer of answers) {
    const where = 'name' in answer ? answer.name : NOWHERE;
    counts.set(where, (counts.get(where) ?? 0) + 1);
  }
  const total = answers.length;
  const { target } = sent.evaluation.rule ?? bug('shares of no rule');
  const balance = target.kind === 'balance' ? program.balances[target.balance] : undefined;
  // By source iptables divides into at most 32 parts.
  const rounded = backend === 'iptables' && balance?.by !== 'flow' ? total / 32 : 0;
  const far = [...new Set([...due.keys(), ...counts.keys()])].filter((where) => {
    const share = due.get(where) ?? 0;
    const chance = DEVIATIONS * Math.sqrt(total * share * (1 - share)) + rounded;
    return Math.abs((counts.get(where) ?? 0) - total * share) > chance;
  });
  const said = [...new Set([...due.keys(), ...counts.keys()])].map((where) => {
    const way = where === NOWHERE ? 'went nowhere' : byIsp(plan, where);
    return `${counts.get(where) ?? 0} ${way} (${Math.round(total * (due.get(where) ?? 0))} are due)`;
  });
  const shares = `of ${total} connections ${said.join(', ')}`;
  if (far.length === 0) return { kind: 'agrees', got: shares, shares };
  return { kind: 'differs', got: `${shares}: further off than chance` };
}

const askEach = (bench: Bench, many: readonly Sent[]): Promise<readonly Answer[]> =>
  bench.ask(
    many.map((each, at) => ({
      question: questionOf(bench, each, many[0] === many[1] ? FIRST_PORT + at : undefined),
      asker: askerOf(bench, each),
    })),
  );

/** The parts that are due, by ISP. */
function dueOf(plan: LabPlan, { evaluation }: Sent): ReadonlyMap<string, number> {
  const due = new Map<string, number>();
  for (const { outcome, share } of evaluation.outcomes) {
    const where = ispOfOutcome(plan, outcome) ?? NOWHERE;
    due.set(where, (due.get(where) ?? 0) + share);
  }
  return due;
}

const isNamed = (answer: Answer | undefined): boolean => answer !== undefined && 'name' in answer;

const NOWHERE = 'nowhere';
