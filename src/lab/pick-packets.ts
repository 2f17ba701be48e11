import type { Packet } from '../model/packet.ts';
import type { Program } from '../model/program.ts';
import type { Question } from '../model/question.ts';
import { regionsOf } from '../model/regions.ts';

/** Packets of a question that stand for the others: of each rule and each outcome one, and at most so many. */
export function pickPackets(
  program: Program,
  question: Question,
  up: ReadonlySet<string>,
  most: number,
): { readonly packets: readonly Packet[]; readonly more: number } {
  const picked = new Map<string, Packet>();
  for (const { rule, packet, outcomes } of regionsOf(program, question, up).regions) {
    const ends = outcomes.map(({ outcome }) =>
      outcome.kind === 'uplink' ? outcome.slot : outcome.kind,
    );
    const key = [rule?.id ?? 'none', packet.family, ...ends].join(' ');
    if (!picked.has(key)) picked.set(key, packet);
  }
  const packets = [...picked.values()].slice(0, most);
  return { packets, more: picked.size - packets.length };
}
