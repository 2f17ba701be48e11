import { boxesTouch } from './boxes-touch.ts';
import { type Evaluation, outcomesOf, type Up } from './evaluate.ts';
import { intersectBoxes } from './intersect-boxes.ts';
import type { Packet } from './packet.ts';
import type { Box, Program, Rule } from './program.ts';
import { partsOf, type Question } from './question.ts';
import { subtractBoxes } from './subtract-boxes.ts';
import { witness } from './witness.ts';

/** Packets that one rule takes, or none. */
export interface Region {
  readonly rule?: Rule;
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
  const add = (box: Box | undefined, rule?: Rule): void => {
    const packet = box && witness(box, question.local);
    if (box === undefined || packet === undefined) return;
    const outcomes = outcomesOf(program, rule, packet, up);
    regions.push({ ...(rule === undefined ? {} : { rule }), box, packet, outcomes });
  };
  for (const { rules, boxes } of partsOf(program, question)) {
    let left: readonly Box[] = boxes;
    for (const rule of rules) {
      if (left.length === 0) break;
      work += left.length;
      const touched: Box[] = [];
      const apart: Box[] = [];
      for (const box of left) {
        (rule.boxes.some((other) => boxesTouch(box, other)) ? touched : apart).push(box);
      }
      if (touched.length === 0) continue;
      for (const box of touched) {
        for (const other of rule.boxes) add(intersectBoxes(box, other), rule);
      }
      const rest = subtractBoxes(touched, rule.boxes, MOST_BOXES);
      left = apart.concat(rest ?? []);
      const most = Math.max(left.length, regions.length);
      if (rest === undefined || most > MOST_BOXES || work > MOST_WORK) {
        return { regions, complete: false };
      }
    }
    for (const box of left) add(box);
  }
  return { regions, complete: true };
}
