import { bug } from '../bug.ts';
import type { Evaluation, Outcome } from '../model/evaluate.ts';
import type { Packet } from '../model/packet.ts';
import type { Nat } from '../model/program.ts';
import { type AddressRange, formatAddress } from '../net/address.ts';
import type { Answer } from './ask-agent.ts';
import { isRaw } from './batches.ts';
import { addressOf, isInNet, type LabPlan, textOf, wireOf } from './lab-plan.ts';
import { bare } from './network-plan.ts';

/** A packet, and what may become of it. */
export interface Judged {
  readonly packet: Packet;
  readonly evaluation: Evaluation;
}

/**
 * Whether what became of a packet is one of the things that may.
 *
 * @param unanswered ISPs that saw something of which nobody was told
 */
export function mayBecome(
  plan: LabPlan,
  { packet, evaluation }: Judged,
  answer: Answer,
  unanswered: readonly string[],
): boolean {
  return evaluation.outcomes.some(({ outcome }) =>
    isOutcome(plan, packet, evaluation.arrival !== undefined, outcome, answer, unanswered),
  );
}

/** The ISP that an outcome leads to, if it leaves the router. */
export function ispOfOutcome(plan: LabPlan, outcome: Outcome): string | undefined {
  if (outcome.kind === 'uplink') return plan.isps.get(outcome.uplink.name);
  return outcome.kind === 'main' ? plan.main : undefined;
}

function isOutcome(
  plan: LabPlan,
  packet: Packet,
  arrived: boolean,
  outcome: Outcome,
  answer: Answer,
  unanswered: readonly string[],
): boolean {
  const isp = ispOfOutcome(plan, outcome);
  const leaves = outcome.kind === 'uplink' || outcome.kind === 'main';
  if (isRaw(packet)) {
    return leaves ? unanswered.length === 1 && unanswered[0] === isp : unanswered.length === 0;
  }
  if (!leaves) {
    if ('name' in answer || unanswered.length > 0) return false;
    // A datagram hears nothing of it, the router's own TCP is reset by whatever refuses it, and who came in
    // is told by whatever way there is.
    if (packet.protocol === 17 || packet.local || arrived) return true;
    return (answer.error === 'timeout') === (outcome.kind === 'drop');
  }
  if (!('name' in answer)) return false;
  // Main goes to the net on an uplink's wire by that uplink; and what leaves there has its NAT.
  if (outcome.kind === 'main' && isOnWire(plan, answer.name, packet)) return true;
  if (answer.name !== isp) return false;
  if (packet.local) return true;
  const [from = ''] = textOf(packet.family, packet.source);
  if (outcome.kind === 'main') return answer.seen === from;
  const own = wireOf(plan.network.uplinks, isp ?? '').map(bare);
  return isTranslated(outcome.nat, from, answer.seen, own);
}

function isOnWire({ network }: LabPlan, isp: string, { family, destination }: Packet): boolean {
  const { addresses = [] } = network.uplinks[isp] ?? {};
  return addresses.some((net) => textOf(family, destination).some((to) => isInNet(net, to)));
}

/** Whether an address is what a NAT makes of another. */
function isTranslated(nat: Nat, from: string, seen: string, own: readonly string[]): boolean {
  switch (nat.kind) {
    case 'none':
    case 'nonat':
      return seen === from;
    case 'masquerade':
      return own.includes(seen);
    case 'snat':
      return nat.ranges.some((range) => isIn(range, seen));
    case 'prefix':
      if (!isIn(nat.from, from)) return true;
      return seen === moved(nat.from, nat.to, from);
    default:
      nat satisfies never;
      return bug('a NAT of no kind');
  }
}

function isIn({ family, low, high }: AddressRange, text: string): boolean {
  const address = addressOf(text);
  return address.family === family && address.value >= low && address.value <= high;
}

function moved(from: AddressRange, to: AddressRange, text: string): string {
  const value = BigInt(to.low) + BigInt(addressOf(text).value) - BigInt(from.low);
  return formatAddress({ family: 6, value });
}

/** How an ISP is called to a person: by its uplink. */
export function byIsp(plan: LabPlan, isp: string): string {
  const [uplink] = [...plan.isps].find(([, name]) => name === isp) ?? [];
  return uplink === undefined ? 'by main' : `by \`${uplink}\``;
}

/** What became of a packet, in words. */
export function answerWords(
  plan: LabPlan,
  packet: Packet,
  answer: Answer,
  unanswered: readonly string[],
): string {
  if ('name' in answer) return `it left ${byIsp(plan, answer.name)} as ${answer.seen}`;
  if (unanswered.length > 0) {
    const answered = isRaw(packet) ? '' : ', and no answer came back';
    return `it left ${unanswered.map((isp) => byIsp(plan, isp)).join(' and ')}${answered}`;
  }
  if (answer.error === 'timeout') return 'it went nowhere, and nobody was told';
  return `it went nowhere, and the sender was told ${answer.error}`;
}
