import { LAYOUT } from '../../model/layout.ts';
import { FAMILIES } from '../../net/address.ts';
import { at, diagnose, type Report } from '../../text/diagnostic.ts';
import { tooManyAddresses as kind } from '../kinds.ts';
import { lookAtRoutes } from '../look-at-routes.ts';
import { ownAddresses } from '../own-addresses.ts';
import type { NatPolicy } from '../policy.ts';
import { uplinksOf } from '../uplinks-of.ts';
import type { Check } from './check.ts';

/** Each own address takes two rules of its family; those of a lease, two together. */
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
        const its = own.filter((each) => each.family === family).length;
        const leased =
          uplink.dhcp !== undefined &&
          uplink.gateways.every((each) => each.value.family !== family);
        count += its === 0 && leased ? 1 : its;
        if (count <= MOST) continue;
        const message = `more than ${MOST} IPv${family} addresses of uplinks`;
        report(diagnose(kind, message, [at(uplink.span)], 'declare prefixes instead of addresses'));
        break;
      }
    }
    const look = (nat: NatPolicy | undefined, say: Report): void => {
      for (const family of FAMILIES) {
        const action = nat?.[family];
        if (nat === undefined || action?.kind !== 'snat' || action.ranges.length === 1) continue;
        const count = action.ranges.reduce(
          (sum, { low, high }) => sum + Number(high) - Number(low) + 1,
          0,
        );
        if (count <= MOST_TRANSLATED) continue;
        const message = `\`snat\` to ${count} addresses that are no single range`;
        const help = `write one range, or at most ${MOST_TRANSLATED} addresses`;
        say(diagnose(kind, message, [at(nat.span)], help));
      }
    };
    for (const { nat } of policy.uplinks) look(nat, report);
    lookAtRoutes(policy.routes, report, ({ tiers }, say) => {
      for (const { nat } of uplinksOf(tiers)) look(nat, say);
    });
  },
};
