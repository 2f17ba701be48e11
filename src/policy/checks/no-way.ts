import { FAMILIES } from '../../net/address.ts';
import { at, diagnose, type Kind, quoting } from '../../text/diagnostic.ts';
import { hasWay } from '../has-way.ts';
import { lookAtRoutes } from '../look-at-routes.ts';
import { uplinksOf } from '../uplinks-of.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC225',
  slug: 'no-way',
  severity: 'warning',
  title: 'the uplink has no gateway of this family',
};

/**
 * What a rule sends to an uplink without a gateway of the packet's family is unreachable, unless
 * another uplink or an end behind `else` takes it.
 */
export const noWay: Check = {
  kind,
  run: ({ routes, forwards }, report) => {
    lookAtRoutes(routes, report, ({ conditions, tiers }, say) => {
      const named = uplinksOf(tiers);
      const last = tiers.at(-1)?.kind;
      const ends = last === 'main' || last === 'drop' || last === 'reject';
      for (const family of FAMILIES) {
        const asked =
          conditions.families.includes(family) &&
          conditions.from?.[family].length !== 0 &&
          conditions.to?.[family].length !== 0;
        if (!asked) continue;
        const goesOn = ends || named.some(({ uplink }) => hasWay(uplink, family));
        for (const { uplink, span } of named) {
          if (hasWay(uplink, family)) continue;
          const { name } = uplink;
          const what = goesOn
            ? `for IPv${family} the rule passes it over`
            : `the rule makes IPv${family} unreachable`;
          say(
            diagnose(
              kind,
              `\`${name}\` has no IPv${family} gateway: ${what}`,
              [at(span, `no way for IPv${family}`), ...quoting(uplink.span)],
              `add \`ipv${family === 4 ? 6 : 4}\` to the rule if IPv${family} is not meant, or a gateway to \`${name}\``,
            ),
          );
        }
      }
    });
    for (const { statement, uplinks, to } of forwards) {
      const { family } = to.address;
      uplinks.forEach((uplink, index) => {
        const word = statement.on.words[index];
        if (word === undefined || hasWay(uplink, family)) return;
        const message = `\`${uplink.name}\` has no IPv${family} gateway: answers to what comes in there leave as main has it`;
        const labels = [at(word.span, `no way for IPv${family}`), ...quoting(uplink.span)] as const;
        const help = `leave \`${word.text}\` out, or give it an IPv${family} gateway`;
        report(diagnose(kind, message, [...labels], help));
      });
    }
  },
};
