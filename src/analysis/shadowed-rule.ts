import { formatPacket } from '../policy/format-packet.ts';
import { secretOf } from '../policy/secret-of.ts';
import { at, diagnose, type Kind, quoting } from '../text/diagnostic.ts';
import type { Analysis } from './analysis.ts';

const kind: Kind = {
  code: 'RC301',
  slug: 'shadowed-rule',
  severity: 'warning',
  title: 'no packet reaches this rule',
};

/** So many of the rules above are shown. */
const SHOWN = 3;

/** The first match wins: a rule below others that take all that it matches decides nothing. */
export const shadowedRule: Analysis = {
  kind,
  run: ({ policy, fates }, report) => {
    for (const [{ statement }, fate] of fates) {
      if (fate.kind !== 'shadowed') continue;
      const [first, ...others] = fate.by;
      const message =
        others.length === 0
          ? `no packet reaches this rule: \`${first?.statement.text}\` takes all that it matches`
          : `no packet reaches this rule: ${fate.by.length} rules above it together take all that it matches`;
      const label = others.length === 0 ? 'takes all of it' : 'takes a part of it';
      const above = fate.by.slice(0, SHOWN).map((each) => at(each.statement.span, label));
      const secret = [statement, fate.taker.statement].map((each) => secretOf(policy, each));
      const help = `take it out, or move it up; \`${formatPacket(fate.packet)}\`, for one, is taken by \`${fate.taker.statement.text}\``;
      const hidden = secret.flatMap(quoting);
      report(diagnose(kind, message, [at(statement.span), ...above, ...hidden], help));
    }
  },
};
