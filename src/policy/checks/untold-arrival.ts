import { at, diagnose, type Kind } from '../../text/diagnostic.ts';
import { isSameWay } from '../is-same-way.ts';
import { tellArrivals } from '../tell-arrivals.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC236',
  slug: 'untold-arrival',
  severity: 'warning',
  title: 'nothing says which of two uplinks a connection came in by',
};

/** Of uplinks that share a device, only their own addresses and their gateways' MACs tell what each of them brings. */
export const untoldArrival: Check = {
  kind,
  run: (policy, report) => {
    for (const { family, uplink: first, untold } of tellArrivals(policy)) {
      for (const uplink of untold) {
        // What is one way out, or has no device, has an error of its own.
        if (uplink.device === '' || isSameWay(first, uplink)) continue;
        const message = `what comes in by \`${uplink.name}\` in IPv${family} is answered by \`${first.name}\`, which shares its device`;
        const labels = [
          at(uplink.span, `no IPv${family} address and no MAC of its own`),
          at(first.span, 'takes what is left'),
        ] as const;
        const help = `write the \`address\` of \`${uplink.name}\`, if it has another than \`${first.name}\`, or the \`mac\` of its gateway, which \`ip neigh\` shows`;
        report(diagnose(kind, message, [...labels], help));
      }
    }
  },
};
