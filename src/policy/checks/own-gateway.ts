import { formatAddress } from '../../net/address.ts';
import { at, diagnose, type Kind } from '../../text/diagnostic.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC231',
  slug: 'own-gateway',
  severity: 'error',
  title: "the gateway is the uplink's own address",
};

/** A packet that is sent to the router itself goes nowhere. */
export const ownGateway: Check = {
  kind,
  run: ({ uplinks }, report) => {
    for (const { gateways, addresses } of uplinks) {
      for (const { value, span } of gateways) {
        const own = addresses.find(
          ({ own: { family, low, high } }) =>
            family === value.family && low === value.value && high === value.value,
        );
        if (own === undefined) continue;
        const message = `the gateway ${formatAddress(value)} is the uplink's own address`;
        const labels = [at(span, 'the gateway'), at(own.span, 'its own')] as const;
        const help = "`gateway` is the provider's router, `address` is what this one has";
        report(diagnose(kind, message, [...labels], help));
      }
    }
  },
};
