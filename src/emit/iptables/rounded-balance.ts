import type { Check } from '../../policy/checks/check.ts';
import { choicesOf } from '../../policy/outcomes.ts';
import { at, diagnose, type Kind } from '../../text/diagnostic.ts';
import { apportion, MOST_NODES } from './apportion.ts';

const kind: Kind = {
  code: 'RC406',
  slug: 'iptables-rounds',
  severity: 'warning',
  title: 'iptables rounds these shares',
  elsewhere: true,
};

/** By source iptables tells 32 groups of hosts apart: other shares come out as near as that goes. */
export const roundedBalance: Check = {
  kind,
  run: ({ routes }, report) => {
    for (const { tiers } of routes) {
      const [first] = tiers;
      if (first?.kind !== 'balance' || first.by !== 'source') continue;
      const choices = choicesOf(tiers);
      const { parts, exact } = apportion(choices.map(({ weight }) => weight));
      if (exact) continue;
      const shares = new Map(first.members.map(({ uplink }) => [uplink.name, 0]));
      choices.forEach(({ tiers: [member] }, index) => {
        if (member?.kind !== 'uplink') return;
        const { name } = member.uplink;
        shares.set(name, (shares.get(name) ?? 0) + (parts[index] ?? 0));
      });
      const text = [...shares].map(([name, part]) => `${name} ${part}`).join(', ');
      const message = `iptables rounds these shares to ${MOST_NODES} parts: ${text}`;
      const help = 'take weights with a smaller sum, write `by flow`, or compile for nft';
      report(diagnose(kind, message, [at(first.span)], help));
    }
  },
};
