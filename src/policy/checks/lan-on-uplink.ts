import { hasWithin } from '../../net/interval-set.ts';
import { at, diagnose, type Kind, quoting } from '../../text/diagnostic.ts';
import type { Span } from '../../text/source.ts';
import type { Addresses, OwnAddress, Policy } from '../policy.ts';
import { sourceSpan } from '../source-span.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC229',
  slug: 'lan-on-uplink',
  severity: 'warning',
  title: 'this source lies on the net of an uplink',
};

/** What comes in by an uplink's device comes from outside, and no rule without `in` looks at it. */
export const lanOnUplink: Check = {
  kind,
  run: (policy, report) => {
    for (const { span, name, secret, address } of findings(policy)) {
      const message = `this source lies on the net of the uplink \`${name}\`: rules do not look at what an uplink brings`;
      const labels = [at(span, 'comes in by it'), at(address.span, 'its net')] as const;
      const help = `give the LAN a device of its own, or write \`in ${name}\` if this is meant`;
      report(diagnose(kind, message, [...labels, ...quoting(secret)], help));
    }
  },
};

interface Finding {
  readonly span: Span;
  readonly name: string;
  readonly secret: Span;
  readonly address: OwnAddress;
}

function* findings({ uplinks, routes }: Policy): Iterable<Finding> {
  const onNets = uplinks.filter(({ addresses }) => addresses.some(({ network }) => network));
  if (onNets.length === 0) return;
  for (const { statement, conditions } of routes) {
    const { from, local, devices } = conditions;
    // With `in` a rule says itself what it looks at.
    if (local || devices !== undefined || from === undefined) continue;
    for (const { name, addresses, span: secret } of onNets) {
      const address = addresses.find((each) => liesOn(from, each));
      if (address === undefined) continue;
      const span = sourceSpan(statement);
      if (span !== undefined) yield { span, name, secret, address };
    }
  }
}

function liesOn(from: Addresses, { network }: OwnAddress): boolean {
  if (network === undefined) return false;
  return network.family === 4
    ? hasWithin(from[4], [network.low, network.high])
    : hasWithin(from[6], [network.low, network.high]);
}
