import { at, diagnose, type Kind } from '../../text/diagnostic.ts';
import type { Policy } from '../policy.ts';
import { uplinksOf } from '../uplinks-of.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC504',
  slug: 'unused-uplink',
  severity: 'note',
  title: 'no rule names this uplink',
};

/**
 * An uplink that no rule names still answers what comes in by it, and one of them is usually where
 * main's own default leads: only a second such uplink is worth a word.
 */
export const unusedUplink: Check = {
  kind,
  run: (policy, report) => {
    const named = namesUsed(policy);
    const unused = policy.uplinks.filter(
      ({ name, device }) => !named.has(name) && !named.has(device),
    );
    if (policy.routes.length === 0 || unused.length < 2) return;
    for (const { name, span } of unused) {
      const message = `no rule names the uplink \`${name}\``;
      const label = 'it only answers what comes in by it';
      const help =
        "one such uplink may be main's default; name the others in a rule, or take them out";
      report(diagnose(kind, message, [at(span, label)], help));
    }
  },
};

function namesUsed({ routes, forwards, expects }: Policy): Set<string> {
  const uplinks = [
    ...routes.unlike.flatMap(({ tiers }) => uplinksOf(tiers).map(({ uplink }) => uplink)),
    ...forwards.flatMap((forward) => forward.uplinks),
  ];
  const words = expects.flatMap(({ statement: { answer, downs } }) => [
    ...downs,
    ...(answer.kind === 'via' ? answer.uplinks.map(({ uplink }) => uplink) : []),
  ]);
  const arrivals = [...routes.unlike, ...expects].flatMap(({ conditions }) => conditions.arrivals);
  return new Set([
    ...uplinks.map(({ name }) => name),
    ...words.map(({ text }) => text),
    ...arrivals.map(({ value }) => value),
  ]);
}
