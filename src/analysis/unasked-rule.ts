import { formatPacket } from '../policy/format-packet.ts';
import { at, diagnose, type Kind } from '../text/diagnostic.ts';
import type { Analysis } from './analysis.ts';

const kind: Kind = {
  code: 'RC307',
  slug: 'unasked-rule',
  severity: 'warning',
  title: 'no packet comes to this rule',
};

const SAID = {
  here: {
    what: 'what it matches is sent to the router itself',
    help: "take it out: a firewall's `input` is what closes a port of the router's own, and `forward` leads one on",
  },
  link: {
    what: "what it matches is the link's own business (multicast, link-local and the like, DHCP, neighbour discovery)",
    help: 'take it out: what becomes of that is left to the kernel',
  },
} as const;

/** Rules that match only what no rule is asked about, but is left to main: they stop and move nothing. */
export const unaskedRule: Analysis = {
  kind,
  run: ({ fates }, report) => {
    for (const [{ statement }, fate] of fates) {
      if (fate.kind !== 'spared') continue;
      const { what, help } = SAID[fate.why];
      const message = `no packet comes to this rule: ${what}, and about that none is asked`;
      const one = `\`${formatPacket(fate.packet)}\` is one of them`;
      report(diagnose(kind, message, [at(statement.span)], `${help}; ${one}`));
    }
  },
};
