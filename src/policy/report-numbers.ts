import { slotMark } from '../model/marking.ts';
import type { Numbered } from '../model/number-slots.ts';
import { formatMark } from '../net/mark.ts';
import { at, diagnose, type Label, type Report } from '../text/diagnostic.ts';
import { numberClash, reusedSlot, slotsUsedUp } from './kinds.ts';
import type { SlotTarget } from './lower.ts';
import type { Policy } from './policy.ts';

/** Reports what came of numbering the slots; false if the numbers can't be used. */
export function reportNumbers(
  policy: Policy,
  numbered: Numbered,
  targets: ReadonlyMap<string, SlotTarget>,
  report: Report,
): boolean {
  const { markMask } = policy.options;
  const place = (key: string): Label => {
    const target = targets.get(key);
    if (target !== undefined) return at(target.nat.span, 'this target');
    const uplink = policy.uplinks.find(({ name }) => name === key.replace(/ inbound$/, ''));
    const span = uplink?.mark?.span ?? uplink?.span ?? policy.uplinks[0]?.span;
    if (span === undefined) throw new Error(`no place for ${key}`);
    return at(span, `\`${key}\``);
  };
  for (const { key, holder, slot } of numbered.clashes) {
    const mark = formatMark(slotMark(markMask, slot));
    report(
      diagnose(
        numberClash,
        `the mark ${mark} is wanted twice`,
        [place(key), place(holder)],
        `\`${holder}\` has it already (the manifest keeps numbers); pin another mark, or pin that one too`,
      ),
    );
  }
  for (const key of numbered.exhausted) {
    const message = `no mark is left for \`${key}\`: ${formatMark(markMask)} has room for ${numbered.slots.size}`;
    const help = 'give the policy more bits: `option mark-mask 0x7ff00000`';
    report(diagnose(slotsUsedUp, message, [place(key)], help));
  }
  for (const { key, slot, was } of numbered.reused) {
    const mark = formatMark(slotMark(markMask, slot));
    const message = `\`${key}\` takes the mark ${mark}, which was that of \`${was}\``;
    const help = `connections that still carry it would follow: \`conntrack -D -m ${mark}/${formatMark(markMask)}\``;
    report(diagnose(reusedSlot, message, [place(key)], help));
  }
  return numbered.clashes.length + numbered.exhausted.length === 0;
}
