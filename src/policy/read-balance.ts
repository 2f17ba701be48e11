import type { Share } from '../../grammar/tree.ts';
import { scanNumber } from '../net/port.ts';
import { at, diagnose, type Report } from '../text/diagnostic.ts';
import { badValue, writtenTwice } from './kinds.ts';
import type { UplinkPolicy } from './policy.ts';
import { readNat } from './read-nat.ts';
import type { SetLookup } from './read-sets.ts';
import { reportFault } from './read-words.ts';
import type { UplinkNames } from './uplink-names.ts';

/** Reads the shares of a `balance` for what is wrong with them; it is not lowered yet. */
export function readBalance(
  shares: readonly Share[],
  uplinks: UplinkNames,
  lookup: SetLookup,
  report: Report,
): void {
  const seen = new Map<UplinkPolicy, Share>();
  for (const share of shares) {
    const uplink = uplinks.target(share.uplink);
    if (share.nat !== undefined) readNat(share.nat, lookup, report);
    if (share.weight !== undefined && (scanNumber(share.weight.text, 1000) ?? 0) < 1) {
      const fault = `\`${share.weight.text}\` is no weight: a number from 1 to 1000 is needed`;
      reportFault(badValue, share.weight, { fault }, report);
    }
    if (uplink === undefined) continue;
    const first = seen.get(uplink);
    if (first !== undefined) {
      const labels = [at(share.uplink.span, 'again'), at(first.uplink.span, 'first here')] as const;
      const message = `\`${uplink.name}\` has two shares of one balance`;
      report(diagnose(writtenTwice, message, [...labels], 'add their weights to one share'));
    } else seen.set(uplink, share);
  }
}
