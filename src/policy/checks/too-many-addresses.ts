import { LAYOUT } from '../../model/layout.ts';
import { FAMILIES } from '../../net/address.ts';
import { at, diagnose } from '../../text/diagnostic.ts';
import { tooManyAddresses as kind } from '../kinds.ts';
import { ownAddresses } from '../own-addresses.ts';
import { uplinksOf } from '../uplinks-of.ts';
import type { Check } from './check.ts';

/** Each own address takes two rules of its family. */
const MOST = (LAYOUT.lastOwnRule + 1 - LAYOUT.ownRules) / 2;
/** A translation to scattered addresses lists each of them. */
const MOST_TRANSLATED = 256;

/** Own addresses take rules, and scattered NAT addresses are listed: neither without end. */
export const tooManyAddresses: Check = {
  kind,
  run: (policy, report) => {
    const all = [...ownAddresses(policy)];
    for (const family of FAMILIES) {
      let count = 0;
      for (const [uplink, own] of all) {
        count += own.filter((each) => each.family === family).length;
        if (count <= MOST) continue;
        const message = `more than ${MOST} IPv${family} addresses of uplinks`;
        report(diagnose(kind, message, [at(uplink.span)], 'declare prefixes instead of addresses'));
        break;
      }
    }
    for (const { nat } of [
      ...policy.uplinks,
      ...policy.routes.flatMap(({ tiers }) => uplinksOf(tiers)),
    ]) {
      for (const family of FAMILIES) {
        const action = nat?.[family];
        if (nat === undefined || action?.kind !== 'snat' || action.ranges.length === 1) continue;
        const count = action.ranges.reduce(
          (sum, { low, high }) => sum + Number(high) - Number(low) + 1,
          0,
        );
        if (count <= MOST_TRANSLATED) continue;
        const message = `\`snat\` to ${count} addresses that are no single range`;
        report(
          diagnose(
            kind,
            message,
            [at(nat.span)],
            `write one range, or at most ${MOST_TRANSLATED} addresses`,
          ),
        );
      }
    }
  },
};
