import { share } from '../../model/share.ts';
import { at, diagnose, type Kind } from '../../text/diagnostic.ts';
import { lookAtRoutes } from '../look-at-routes.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC404',
  slug: 'uneven-balance',
  severity: 'error',
  title: 'these weights need too many parts',
};

/** The kernel divides by a number of 32 bits, and the ruleset names each order of uplinks. */
const MOST_PARTS = 2 ** 31;
const MOST_MEMBERS = 8;

/** Shares are exact, also with a member down: some weights need a common divisor that is too large. */
export const unevenBalance: Check = {
  kind,
  run: ({ routes }, outer) => {
    lookAtRoutes(routes, outer, ({ tiers }, report) => {
      const [tier] = tiers;
      if (tier?.kind !== 'balance') return;
      const many = tier.members.length > MOST_MEMBERS;
      if (many) {
        const message = `a balance of more than ${MOST_MEMBERS} uplinks`;
        report(diagnose(kind, message, [at(tier.span)], 'leave the smallest shares out'));
        return;
      }
      const choices = share(tier.members.map(({ weight }) => weight));
      if (choices.reduce((sum, { weight }) => sum + weight, 0) <= MOST_PARTS) return;
      const message = 'these weights can not be divided exactly when a member is down';
      const help = 'take smaller or rounder weights, as in 5, 3 and 2';
      report(diagnose(kind, message, [at(tier.span)], help));
    });
  },
};
