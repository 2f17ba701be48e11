import { boxesTouch } from './boxes-touch.ts';
import { type Evaluation, outcomesOf, type Up } from './evaluate.ts';
import { intersectBoxes } from './intersect-boxes.ts';
import type { Packet } from './packet.ts';
import type { Box, Forward, Program, Rule } from './program.ts';
import { isOwnLink, type Lead, type Part, partsOf, type Question } from './question.ts';
import { subtractBoxes } from './subtract-boxes.ts';
import { witness } from './witness.ts';

/** Packets that one rule takes, or none; or that are sent to the router itself. */
export interface Region {
  readonly rule?: Rule;
  /** Leads them on. */
  readonly forward?: Forward;
  readonly box: Box;
  /** One of them, a likely one. */
  readonly packet: Packet;
  /** What becomes of each of them. */
  readonly outcomes: Evaluation['outcomes'];
}

/** More boxes than this in one place, or in all, and the question stays open. */
const MOST_BOXES = 2000;
const MOST_WORK = 5_000_000;

/**
 * What a question falls into, in the order of the rules: each takes of what the earlier ones have
 * left. The union of all regions is the question, but for packets that can't be.
 *
 * @param up the uplinks that are up
 * @returns as many regions as could be told apart, and whether those are all
 */
export function regionsOf(
  program: Program,
  question: Question,
  up: Up,
): { readonly regions: readonly Region[]; readonly complete: boolean } {
  const regions: Region[] = [];
  let work = 0;
  const add = (box: Box, { spared, outside }: Part, by?: Rule | Lead): void => {
    if (spared === undefined && (question.local || outside) && isOwnLink(box)) return;
    const packet = witness(box, question.local, outside);
    if (packet === undefined) return;
    const taker = by === undefined ? {} : 'forward' in by ? { forward: by.forward } : { rule: by };
    const outcomes = outcomesOf(program, taker.rule, packet, up);
    regions.push({ ...taker, box, packet, outcomes });
  };
  for (const part of partsOf(program, question)) {
    let left = part.boxes;
    for (const each of part.list) {
      if (left.length === 0) break;
      work += left.length;
      const touched: Box[] = [];
      const apart: Box[] = [];
      for (const box of left) {
        (each.boxes.some((other) => boxesTouch(box, other)) ? touched : apart).push(box);
      }
      if (touched.length === 0) continue;
      for (const box of touched) {
        for (const other of each.boxes) {
          const common = intersectBoxes(box, other);
          if (common !== undefined) add(common, part, each);
        }
      }
      const rest = subtractBoxes(touched, each.boxes, MOST_BOXES);
      left = apart.concat(rest ?? []);
      const most = Math.max(left.length, regions.length);
      if (rest === undefined || most > MOST_BOXES || work > MOST_WORK) {
        return { regions, complete: false };
      }
    }
    for (const box of left) add(box, part);
  }
  return { regions, complete: true };
}
