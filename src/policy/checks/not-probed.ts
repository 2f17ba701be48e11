import { at, diagnose, type Kind, quoting } from '../../text/diagnostic.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC407',
  slug: 'not-probed',
  severity: 'warning',
  title: 'nothing carries out this `check`',
};

/** The artefacts see a lost carrier and a lost route; for more somebody has to look. */
export const notProbed: Check = {
  kind,
  run: ({ uplinks }, report) => {
    for (const { name, span, statement, table } of uplinks) {
      for (const { kind: clause, keyword } of statement?.clauses ?? []) {
        if (clause !== 'check') continue;
        const message = `nothing probes \`${name}\` yet: it counts as up while its link has carrier`;
        const help = `have your own monitor delete and restore the default route of ${
          table === undefined ? "the uplink's first table" : `table ${table.value}`
        }`;
        report(diagnose(kind, message, [at(keyword), ...quoting(span)], help));
      }
    }
  },
};
