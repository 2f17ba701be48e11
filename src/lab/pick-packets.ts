import { minutesOf } from '../model/atoms.ts';
import type { Packet } from '../model/packet.ts';
import type { Box, Program } from '../model/program.ts';
import type { Question } from '../model/question.ts';
import { type Region, regionsOf } from '../model/regions.ts';
import { contains } from '../net/interval-set.ts';

/** A packet, and those that it stands for, all of one rule. */
export interface Picked {
  readonly packet: Packet;
  readonly box: Box;
}

/**
 * Packets of a question that stand for the others: of each rule and each outcome one, and at most so many.
 *
 * @param minute when they are sent, if that makes them no others: minutes since Monday 00:00, UTC
 */
export function pickPackets(
  program: Program,
  question: Question,
  up: ReadonlySet<string>,
  most: number,
  minute: number,
): { readonly picked: readonly Picked[]; readonly more: number } {
  const found = new Map<string, Picked>();
  for (const region of regionsOf(program, question, up).regions) {
    const { rule, box, outcomes } = region;
    const ends = outcomes.map(({ outcome }) =>
      outcome.kind === 'uplink' ? outcome.slot : outcome.kind,
    );
    const key = [rule?.id ?? 'none', box.family, ...ends].join(' ');
    const other = found.get(key);
    if (other !== undefined && (isAt(other.box, minute) || !isAt(box, minute))) continue;
    found.set(key, { packet: packetAt(region, minute), box });
  }
  const picked = [...found.values()].slice(0, most);
  return { picked, more: found.size - picked.length };
}

/** The packet of a region, at a time if that is one of its times. */
export function packetAt({ packet, box }: Region, minute: number): Packet {
  return isAt(box, minute) ? { ...packet, minute } : packet;
}

/** Whether packets are in a box at a time. */
export const isAt = (box: Box, minute: number): boolean => contains(minutesOf(box), minute);
