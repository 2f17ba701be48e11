import type { Check } from '../../policy/checks/check.ts';
import { hasWay } from '../../policy/has-way.ts';
import { lookAtRoutes } from '../../policy/look-at-routes.ts';
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

/**
 * By source iptables tells 32 groups of hosts apart: other shares come out as near as that goes. Of
 * an IPv6 address xt_cluster hashes the first 32 bits alone.
 */
export const roundedBalance: Check = {
  kind,
  run: ({ routes }, outer) => {
    lookAtRoutes(routes, outer, ({ tiers, conditions }, report) => {
      const [first] = tiers;
      if (first?.kind !== 'balance' || first.by !== 'source') return;
      const six = first.members.filter(({ uplink }) => hasWay(uplink, 6));
      if (conditions.families.includes(6) && six.length > 1) {
        const message =
          'iptables does not divide by IPv6 source: all hosts of a /32 take one uplink';
        const help =
          'write a rule for `ipv4` and one for `ipv6` that divides `by flow`, or compile for nft';
        report(diagnose(kind, message, [at(first.span)], help));
      }
      const choices = choicesOf(tiers);
      const { parts, exact } = apportion(choices.map(({ weight }) => weight));
      if (exact) return;
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
    });
  },
};
