import type { Span } from '../text/source.ts';
import type { NatPolicy, TierPolicy, UplinkPolicy } from './policy.ts';

interface Named {
  readonly uplink: UplinkPolicy;
  readonly nat?: NatPolicy;
  readonly span: Span;
}

/** Each uplink that a target names, with the NAT that stands behind it. */
export function uplinksOf(tiers: readonly TierPolicy[]): Named[] {
  return tiers.flatMap((tier): readonly Named[] => {
    if (tier.kind === 'balance') return [...tier.members];
    return tier.kind === 'uplink' ? [tier] : [];
  });
}
