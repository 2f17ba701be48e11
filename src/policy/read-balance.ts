import type { Tier } from '../../grammar/tree.ts';
import { scanNumber } from '../net/port.ts';
import { at, diagnose, type Report } from '../text/diagnostic.ts';
import { badValue, writtenTwice } from './kinds.ts';
import type { BalanceMember, TierPolicy } from './policy.ts';
import { readNat } from './read-nat.ts';
import type { SetLookup } from './read-sets.ts';
import { reportFault } from './read-words.ts';
import type { UplinkNames } from './uplink-names.ts';

/** Reads a `balance`; nothing once a fault is reported. */
export function readBalance(
  { shares, by, span }: Tier & { kind: 'balance' },
  uplinks: UplinkNames,
  lookup: SetLookup,
  report: Report,
): TierPolicy | undefined {
  const members: BalanceMember[] = [];
  let sound = true;
  for (const share of shares) {
    const uplink = uplinks.target(share.uplink);
    const nat = share.nat === undefined ? undefined : readNat(share.nat, lookup, report);
    const written = share.weight === undefined ? undefined : scanNumber(share.weight.text, 1000);
    if (share.weight !== undefined && (written ?? 0) < 1) {
      const fault = `\`${share.weight.text}\` is no weight: a number from 1 to 1000 is needed`;
      reportFault(badValue, share.weight, { fault }, report);
      sound = false;
    }
    if (uplink === undefined || (share.nat !== undefined && nat === undefined)) {
      sound = false;
      continue;
    }
    const first = members.find((member) => member.uplink === uplink);
    if (first !== undefined) {
      const labels = [at(share.uplink.span, 'again'), at(first.span, 'first here')] as const;
      const message = `\`${share.uplink.text}\` has two shares of one balance`;
      report(diagnose(writtenTwice, message, [...labels], 'add their weights to one share'));
      sound = false;
      continue;
    }
    const weight = written ?? uplink.weight ?? 1;
    members.push({
      uplink,
      weight,
      span: share.uplink.span,
      ...(nat === undefined ? {} : { nat }),
    });
  }
  const key = by?.text === 'source' || by?.text === 'source-destination' ? by.text : 'flow';
  return sound ? { kind: 'balance', members, by: key, span } : undefined;
}
