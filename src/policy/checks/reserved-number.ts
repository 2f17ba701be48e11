import { LAYOUT } from '../../model/layout.ts';
import { lastSlot, markingOf, markSlot, slotMark } from '../../model/marking.ts';
import { formatMark } from '../../net/mark.ts';
import { at, diagnose, type Kind } from '../../text/diagnostic.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC222',
  slug: 'reserved-number',
  severity: 'error',
  title: 'this number can not be used',
};

/** Tables and marks that an uplink pins must be free and must fit. */
export const reservedNumber: Check = {
  kind,
  run: ({ uplinks, options }, report) => {
    const { priority, markMask } = options;
    const tables = new Map<number, (typeof uplinks)[number]>();
    for (const uplink of uplinks) {
      const { table, mark } = uplink;
      if (table !== undefined) {
        const { value, span } = table;
        const system = value === 0 || (value >= 253 && value <= 255);
        const help = `take a number from 1 to 252, or one above ${priority + LAYOUT.guard}`;
        if (system || (value >= priority && value <= priority + LAYOUT.guard)) {
          const why = system ? "the kernel's own" : "routec's own";
          report(diagnose(kind, `the table ${value} is ${why}`, [at(span)], help));
        }
        const first = tables.get(value);
        if (first?.table !== undefined) {
          const labels = [at(span, 'again'), at(first.table.span, `\`${first.name}\``)] as const;
          const message = `two uplinks want the table ${value}`;
          report(diagnose(kind, message, [...labels], 'each uplink needs a table of its own'));
        } else tables.set(value, uplink);
      }
      if (mark !== undefined && markSlot(markMask, mark.value) === undefined) {
        const low = formatMark(slotMark(markMask, 1));
        const high = formatMark(slotMark(markMask, lastSlot(markMask)));
        const reserved = mark.value >= markingOf(markMask).reject;
        const why =
          (mark.value & ~markMask) !== 0
            ? `has bits outside the mask ${formatMark(markMask)}`
            : reserved
              ? "is one of routec's own (dead, main, drop, reject)"
              : 'is none that a slot can have';
        const message = `the mark ${formatMark(mark.value)} ${why}`;
        const help = `take ${low} to ${high}, or change \`option mark-mask\``;
        report(diagnose(kind, message, [at(mark.span)], help));
      }
    }
  },
};
