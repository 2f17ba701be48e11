import { bug } from '../bug.ts';
import { evaluate } from '../model/evaluate.ts';
import type { Packet } from '../model/packet.ts';
import { USUAL } from '../model/usual.ts';
import { checksum } from '../net/checksum.ts';
import { ICMP, WITH_PORTS } from '../net/protocols.ts';
import type { Answer } from './ask-agent.ts';
import { borrowed, isRaw, type Sent } from './batches.ts';
import { answerWords, mayBecome } from './judge-answer.ts';
import { lanOf, textOf } from './lab-plan.ts';
import { minuteOf } from './means.ts';
import type { Namespace } from './namespace.ts';
import { internetOf } from './network-plan.ts';
import { type Ask, seenByAll } from './packets.ts';
import type { Question } from './read-packets.ts';
import { ispOf, type Stage, stageBatch } from './stage-batch.ts';
import type { Tried } from './trial.ts';

/** A stage, and who sends on it while which uplinks are up. */
export interface Bench extends Stage {
  readonly ask: Ask;
  readonly up: ReadonlySet<string>;
}

/** Sends packets that can be sent at once, and holds what became of each against what may. */
export async function sendBatch(
  bench: Bench,
  batch: readonly Sent[],
): Promise<ReadonlyMap<number, Tried>> {
  const unstage = await stageBatch(bench, batch);
  const said = await askBatch(bench, batch);
  await unstage();
  return said;
}

async function askBatch(bench: Bench, batch: readonly Sent[]): Promise<Map<number, Tried>> {
  const { network } = bench;
  const questions = batch.map((each) => ({ each, question: questionOf(bench, each) }));
  const before = await seenByAll(network);
  const answers = await bench.ask(
    questions.map(({ each, question }) => ({ question, asker: askerOf(bench, each) })),
  );
  const after = await seenByAll(network);
  const answerAt = (place: number): Answer => answers[place] ?? bug('a question without an answer');
  const named = new Set(answers.flatMap((answer) => ('name' in answer ? [answer.name] : [])));
  // Something reached an ISP, and was not answered: one by one it shows what.
  const lost = [...after.keys()].filter((device) => {
    const begun = (after.get(device)?.begun ?? 0) - (before.get(device)?.begun ?? 0);
    const known = questions.reduce(
      (sum, { each }, place) => sum + countedAt(bench, device, each, answerAt(place)),
      0,
    );
    return begun > known;
  });
  if (lost.length > 0 && batch.length > 1) {
    const tried = new Map<number, Tried>();
    for (const [place, { each }] of questions.entries()) {
      const answer = answerAt(place);
      if ('name' in answer) tried.set(each.index, judged(bench, each, answer, []));
      else for (const [index, one] of await askBatch(bench, [each])) tried.set(index, one);
    }
    return tried;
  }
  const unanswered = lost.filter((device) => !named.has(device));
  return new Map(
    questions.map(({ each }, place) => [
      each.index,
      judged(bench, each, answerAt(place), unanswered),
    ]),
  );
}

/** How often an ISP counts a question that was answered: to one that asked, a datagram's answer looks like a first one. */
function countedAt(bench: Bench, device: string, { packet, evaluation }: Sent, answer: Answer) {
  if (!('name' in answer)) return 0;
  const { arrival } = evaluation;
  const [from = ''] = textOf(packet.family, packet.source);
  const comesBack =
    arrival !== undefined &&
    packet.protocol === 17 &&
    ispOf(bench, arrival.name).name === device &&
    internetOf(bench.plan.network).includes(from);
  return (answer.name === device ? 1 : 0) + (comesBack ? 1 : 0);
}

/** Against what may become of it; where a time has begun or ended meanwhile, against that, too. */
function judged(bench: Bench, sent: Sent, answer: Answer, unanswered: readonly string[]): Tried {
  const { program, plan, up } = bench;
  const now = { ...sent.packet, minute: minuteOf(new Date()) };
  const agrees =
    mayBecome(plan, sent, answer, unanswered) ||
    mayBecome(plan, { packet: now, evaluation: evaluate(program, now, up) }, answer, unanswered);
  const got = answerWords(plan, sent.packet, answer, unanswered);
  return { kind: agrees ? 'agrees' : 'differs', got };
}

/** Where a packet is sent from. */
export function askerOf(bench: Bench, { packet, evaluation }: Sent): Namespace {
  const { router, lans } = bench.network;
  if (packet.local) return router;
  if (evaluation.arrival !== undefined) return ispOf(bench, evaluation.arrival.name).isp;
  return lans.get(lanOf(packet.device)[0] ?? '') ?? bug('a packet of no LAN');
}

/** Source ports that no question has had in a long time. */
let lastPort = 0;

/** @param port the source port, where somebody has chosen it */
export function questionOf(
  bench: Pick<Bench, 'program' | 'up'>,
  { packet, evaluation, who }: Sent,
  port?: number,
): Question {
  const { program, up } = bench;
  const { family, local, protocol, dscp } = packet;
  const [to = bug('a packet to nobody')] = textOf(family, packet.destination);
  const from = local ? borrowed(packet) : textOf(family, packet.source)[0];
  const hopeless = evaluation.outcomes.every(({ outcome }) => outcome.kind === 'drop');
  lastPort = (lastPort + 1) % 9000;
  const other = USUAL.sourcePort + lastPort;
  const free =
    port === undefined &&
    evaluate(program, { ...packet, sourcePort: other }, up).rule === evaluation.rule;
  const raw = isRaw(packet);
  return {
    asker: local ? { kind: 'router', ...who } : { kind: 'host' },
    protocol: raw
      ? { number: Number(protocol), bytes: bytesOf(packet), dscp: Number(dscp ?? 0) }
      : protocol === 6
        ? 'tcp'
        : 'udp',
    from,
    source: raw ? undefined : (port ?? (free ? other : Number(packet.sourcePort))),
    to,
    port: Number(packet.port ?? 0),
    answerer: hopeless ? null : 'somebody',
    error: hopeless ? 'timeout' : undefined,
    text: to,
  };
}

/** What is behind the IP header. */
function bytesOf({ family, protocol, icmpType, sourcePort, port }: Packet): string {
  const number = Number(protocol);
  if (number === ICMP[family]) {
    const type = Number(icmpType) << 8;
    // Type and code, checksum, an identifier, a sequence number; then times, where they are asked for.
    const words = [type, 0, 0x4c42, 1, 0, 0, 0, 0, 0, 0];
    words[1] = checksum(words);
    return words.map(hex).join('');
  }
  const ports = WITH_PORTS.has(number) ? hex(Number(sourcePort)) + hex(Number(port)) : '';
  return ports.padEnd(32, '0');
}

const hex = (word: number): string => word.toString(16).padStart(4, '0');
