import type { IptablesRuleset } from '../../plan/iptables-ruleset.ts';
import type { Finding } from '../finding.ts';
import { isInstalled } from '../is-installed.ts';
import { run } from '../run.ts';
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
    const elsewhere = otherIptables(live.iptables);
    if (runs === undefined) return elsewhere;
    return [
      ...elsewhere,
      {
        severity: 'error',
        message: `what runs was loaded for ${runs}`,
        help: 'take it away first: routec down',
      },
    ];
  },
};

/** `iptables` is one of two, and what the other one loaded is seen by that alone: iptables(8), iptables-nft(8). */
function otherIptables(live: IptablesRuleset): Finding[] {
  return ['iptables', 'ip6tables'].flatMap((tool) => {
    const isSeen = [...live.values()].some((block) => block.tool === tool);
    return ['legacy', 'nft'].flatMap((kind): Finding[] => {
      const name = `${tool}-${kind}`;
      if (isSeen || !isInstalled(`${name}-save`)) return [];
      const saved = run({ argv: [`${name}-save`] });
      if ('refused' in saved || !/^:routec-/m.test(saved.stdout)) return [];
      return [
        {
          severity: 'error',
          message: `\`${name}\` holds chains of routec, and \`${tool}\` here is not that`,
          help: `take them away: ${name}-restore -w --noflush policy.down.${tool}; or let \`${tool}\` be \`${name}\` again: update-alternatives --config ${tool}`,
        },
      ];
    });
  });
}
