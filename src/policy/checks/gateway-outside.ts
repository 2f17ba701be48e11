import { formatAddress } from '../../net/address.ts';
import { formatRange } from '../../net/prefix.ts';
import { at, diagnose, type Kind } from '../../text/diagnostic.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC223',
  slug: 'gateway-outside',
  severity: 'warning',
  title: 'the gateway is outside the declared network',
};

/** Hosters do it on purpose; more often it is a slip. Link-local gateways are always fine. */
export const gatewayOutside: Check = {
  kind,
  run: ({ uplinks }, report) => {
    for (const { gateways, addresses } of uplinks) {
      for (const { value, span } of gateways) {
        const linkLocal = value.family === 6 && value.value >> 118n === 0x3fan;
        const known = addresses.filter(({ network }) => network?.family === value.family);
        const inside = known.some(
          ({ network }) =>
            network !== undefined && network.low <= value.value && value.value <= network.high,
        );
        const [first] = known;
        if (linkLocal || inside || first?.network === undefined) continue;
        report(
          diagnose(
            kind,
            `the gateway ${formatAddress(value)} is outside ${formatRange(first.network)}`,
            [at(span, 'not in the network'), at(first.span, 'declared here')],
            'the route says `onlink`, so this works where the provider means it',
          ),
        );
      }
    }
  },
};
