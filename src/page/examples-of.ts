import type { Box, Program } from '../model/program.ts';
import { witness } from '../model/witness.ts';
import { formatPacket } from '../policy/format-packet.ts';
import { lowerQuestion } from '../policy/lower-question.ts';
import type { Policy } from '../policy/policy.ts';
import { stretch } from '../series.ts';
import type { Asked } from './fragment.ts';

/** So many are offered. */
const MOST = 6;

/** Packets that one may ask about: those of the policy's expectations, else such as its rules take. */
export function examplesOf(policy: Policy, program: Program): Asked[] {
  const out = new Map<string, Asked>();
  const add = (boxes: readonly Box[], local: boolean, down: readonly string[]): void => {
    const [packet] = boxes.flatMap((box) => witness(box, local) ?? []);
    if (packet === undefined || out.size === MOST) return;
    const asked = { packet: formatPacket(packet), down };
    out.set(JSON.stringify(asked), asked);
  };
  for (const { conditions, downs } of policy.expects.slice(0, 4 * MOST)) {
    const { boxes, local } = lowerQuestion(conditions, program);
    add(
      boxes,
      local,
      downs.map(({ name }) => name),
    );
  }
  if (out.size > 0) return [...out.values()];
  for (const { boxes } of stretch(program.forwarded, 0, MOST)) add(boxes, false, []);
  for (const { boxes } of stretch(program.local, 0, MOST)) add(boxes, true, []);
  return [...out.values()];
}
