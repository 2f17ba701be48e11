import type { PreflightCheck } from './preflight.ts';

/** Two rulesets would mark each packet. */
export const oneBackend: PreflightCheck = {
  name: 'one backend',
  run: ({ live, target }) => {
    const { nft, iptables } = target.state;
    const runs =
      nft !== undefined && live.iptables.size > 0
        ? 'iptables'
        : iptables.size > 0 && live.nft !== undefined
          ? 'nft'
          : undefined;
    if (runs === undefined) return [];
    return [
      {
        severity: 'error',
        message: `what runs was loaded for ${runs}`,
        help: 'take it away first: routec down',
      },
    ];
  },
};
