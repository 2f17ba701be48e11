import { formatMark } from '../../net/mark.ts';
import type { Statement } from '../../plan/other-rulesets.ts';
import type { Finding } from '../finding.ts';
import type { DoctorCheck, OwnNumbers } from './doctor-check.ts';

/** Where our chains look at packets. */
const PRIORITY = -140;

/** Others that write our bits of a mark: behind us of the packet's, and anywhere of the connection's. */
export const markWriters: DoctorCheck = {
  name: 'mark-writers',
  decides: false,
  run: ({ machine, numbers }) => [
    ...new Map(
      machine
        .rulesets()
        .statements.flatMap((statement) => finding(statement, numbers) ?? [])
        .map((each) => [each.message, each]),
    ).values(),
  ],
};

function finding(
  { where, effect, hooks, mark }: Statement,
  { mask }: OwnNumbers,
): Finding | undefined {
  if (effect.kind !== 'mark' || (effect.bits & mask) === 0) return undefined;
  // What has none of our bits in its mark is none of ours.
  if (mark !== undefined && (mark & mask) === 0) return undefined;
  const what = `${where}, writes ${
    effect.bits === 0xffff_ffff ? 'the whole' : `bits ${formatMark(effect.bits)} of the`
  } ${effect.of === 'packet' ? 'packet mark' : 'connection mark'}`;
  const free = formatMark(~mask >>> 0);
  const help = `let it write its own bits alone, none of ${formatMark(mask)}: a mask, as in VALUE/${free}`;
  if (effect.of === 'connection') {
    if (hooks.length === 0) return undefined;
    const message = `${what}: connections forget their uplink, and change it while they are open`;
    return { severity: 'warning', message, help };
  }
  const behind = hooks.find(
    ({ hook, priority }) =>
      hook === 'forward' ||
      ((hook === 'prerouting' || hook === 'output') && priority >= PRIORITY) ||
      (hook === 'postrouting' && priority <= PRIORITY),
  );
  if (behind === undefined) return undefined;
  return {
    severity: 'warning',
    message: `${what} behind the policy (${behind.hook}): what a rule chose for is dropped as it leaves, or goes elsewhere`,
    help,
  };
}
