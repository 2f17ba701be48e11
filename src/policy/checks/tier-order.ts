import { at, diagnose, type Kind, quoting } from '../../text/diagnostic.ts';
import type { Span } from '../../text/source.ts';
import { lookAtRoutes } from '../look-at-routes.ts';
import type { UplinkPolicy } from '../policy.ts';
import { uplinksOf } from '../uplinks-of.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC221',
  slug: 'tier-order',
  severity: 'error',
  title: 'nothing can come after this',
};

/** `main`, `drop` and `reject` take all that is left; `balance` comes first; each uplink once. */
export const tierOrder: Check = {
  kind,
  run: ({ routes }, outer) => {
    lookAtRoutes(routes, outer, ({ tiers }, report) => {
      const seen = new Map<UplinkPolicy, Span>();
      for (const { uplink, span } of uplinksOf(tiers)) {
        const first = seen.get(uplink);
        if (first !== undefined) {
          const message = `\`${uplink.name}\` stands in this target twice`;
          const labels = [at(span, 'never reached'), at(first, 'first here')] as const;
          report(diagnose(kind, message, [...labels, ...quoting(uplink.span)], 'take it out here'));
        } else seen.set(uplink, span);
      }
      tiers.forEach((tier, index) => {
        const next = tiers[index + 1];
        const ends = tier.kind === 'main' || tier.kind === 'drop' || tier.kind === 'reject';
        if (ends && next !== undefined) {
          const message = `\`${tier.kind}\` takes all that is left: nothing can come after it`;
          const labels = [at(next.span, 'never reached'), at(tier.span, 'ends here')] as const;
          report(diagnose(kind, message, [...labels], `put \`${tier.kind}\` last`));
        }
        if (tier.kind === 'balance' && index > 0) {
          const message = '`balance` can only be the first tier';
          report(diagnose(kind, message, [at(tier.span)], 'name one uplink after `else`'));
        }
      });
    });
  },
};
