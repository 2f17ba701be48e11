import { bug } from '../bug.ts';
import { LAYOUT } from '../model/layout.ts';
import { slotMark } from '../model/marking.ts';
import type { Numbered } from '../model/number-slots.ts';
import { formatMark } from '../net/mark.ts';
import { at, diagnose, type Label, quoting, type Report } from '../text/diagnostic.ts';
import { numberClash, reusedSlot, slotsUsedUp } from './kinds.ts';
import type { Outcome } from './outcomes.ts';
import type { Policy } from './policy.ts';

/** Reports what came of numbering the slots. */
export function reportNumbers(
  policy: Policy,
  numbered: Numbered,
  outcomes: ReadonlyMap<string, Outcome>,
  report: Report,
): void {
  const { markMask } = policy.options;
  const place = (key: string): [Label, ...Label[]] => {
    const outcome = outcomes.get(key) ?? bug(`no place for ${key}`);
    const pin = policy.uplinks.find(({ name }) => name === key)?.mark?.span;
    const named = policy.uplinks.filter(({ name }) => key.includes(name));
    const hidden = named.flatMap(({ span, nat }) => [...quoting(span), ...quoting(nat?.secret)]);
    if ('secret' in outcome) hidden.push(...quoting(outcome.secret));
    return [at(pin ?? outcome.span, `\`${key}\``), ...hidden];
  };
  for (const { key, holder, slot } of numbered.clashes) {
    const mark = formatMark(slotMark(markMask, slot));
    report(
      diagnose(
        numberClash,
        `the mark ${mark} is wanted twice`,
        [...place(key), ...place(holder)],
        `\`${holder}\` has it already (the manifest keeps numbers); pin another mark, or pin that one too`,
      ),
    );
  }
  const [first, ...others] = numbered.exhausted;
  if (first !== undefined) {
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    const room = `${formatMark(markMask)} has room for ${numbered.slots.size}`;
    const message = `no mark is left for \`${first}\`${more}: ${room}`;
    const help = 'give the policy more bits, as in `option mark-mask 0x7ff00000`';
    report(diagnose(slotsUsedUp, message, place(first), help));
  }
  for (const { key, slot, was } of numbered.reused) {
    const mark = formatMark(slotMark(markMask, slot));
    const message = `\`${key}\` takes the mark ${mark}, which was that of \`${was}\``;
    const help = `connections that still carry it would follow: \`conntrack -D -m ${mark}/${formatMark(markMask)}\``;
    report(diagnose(reusedSlot, message, place(key), help));
  }
  const last = [...numbered.slots.values()].find(({ rules }) =>
    rules.some((rule) => rule > LAYOUT.lastSlotRule),
  );
  if (last !== undefined) {
    const message = `the targets of this policy need more than ${LAYOUT.lastSlotRule} routing rules`;
    report(diagnose(slotsUsedUp, message, place(last.key), 'use fewer orders of uplinks'));
  }
}
