import type { Check } from '../../policy/checks/check.ts';
import type { Policy } from '../../policy/policy.ts';
import { at, diagnose, type Kind } from '../../text/diagnostic.ts';
import { type DomainOption, domainLines } from './domain-lines.ts';

const kind: Kind = {
  code: 'RC412',
  slug: 'crowded-domain',
  severity: 'error',
  title: 'a name is in too many sets for dnsmasq',
};

/** dnsmasq reads a line of its settings into so many bytes (MAXDNAME in its config.h, less an end). */
const LONGEST_LINE = 1023;

/** A line that dnsmasq can't read stops it, and with it the resolver of the whole network. */
export function crowdedDomain(spelled: DomainOption): Check {
  return {
    kind,
    run: (policy, report) => {
      for (const { domain, line } of domainLines(domainSetsOf(policy), spelled)) {
        const word = line.length > LONGEST_LINE ? wordOf(policy, domain) : undefined;
        if (word === undefined) continue;
        const message = `\`${domain}\` is in so many sets that dnsmasq can't read their names`;
        const labels = [at(word.span, `a line of ${line.length} bytes; ${LONGEST_LINE} at most`)];
        const help = 'give the sets shorter names, or put what is in several into one';
        report(diagnose(kind, message, labels as [(typeof labels)[0]], help));
      }
    },
  };
}

const domainSetsOf = ({ sets }: Policy) =>
  sets.flatMap(({ name, content }) =>
    content.kind === 'domains' ? [{ name, domains: content.domains }] : [],
  );

/** Where a name stands last: that made it too many. */
function wordOf({ sets }: Policy, domain: string) {
  return sets
    .flatMap(({ statement: { content } }) => (content.kind === 'domains' ? content.list.words : []))
    .findLast(({ text }) => text.toLowerCase() === domain);
}
