import { at, diagnose, type Kind } from '../../text/diagnostic.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC221',
  slug: 'tier-order',
  severity: 'error',
  title: 'nothing can come after this',
};

/** `main`, `drop` and `reject` take all that is left; `balance` can only come first. */
export const tierOrder: Check = {
  kind,
  run: ({ routes }, report) => {
    for (const { tiers } of routes) {
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
    }
  },
};
