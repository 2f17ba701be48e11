import { at, diagnose, type Kind } from '../../text/diagnostic.ts';
import { isSameWay, sameWayFamilies } from '../is-same-way.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC228',
  slug: 'same-way',
  severity: 'error',
  title: 'two uplinks are one way out',
};

/** Of two uplinks on one device with one gateway, nothing could say which a connection came in by. */
export const sameWay: Check = {
  kind,
  run: ({ uplinks }, report) => {
    uplinks.forEach((uplink, index) => {
      const first = uplinks.slice(0, index).find((other) => isSameWay(other, uplink));
      if (first === undefined) return;
      const what =
        uplink.gateways.length === 0 && first.gateways.length === 0
          ? 'device, and no gateway that is known'
          : `device and gateway in ${sameWayFamilies(first, uplink)
              .map((family) => `IPv${family}`)
              .join(' and ')}`;
      const message = `\`${uplink.name}\` and \`${first.name}\` are one way out: the same ${what}`;
      const labels = [at(uplink.span, 'again'), at(first.span, 'first declared here')] as const;
      const help = `take one of them out; another source address needs no uplink: \`via ${first.name} snat ...\``;
      report(diagnose(kind, message, [...labels], help));
    });
  },
};
