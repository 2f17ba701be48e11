import type { Statement } from '../../../grammar/tree.ts';
import { at, diagnose, type Kind } from '../../text/diagnostic.ts';
import type { Policy } from '../policy.ts';
import { walkTree } from '../walk-tree.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC503',
  slug: 'unused-set',
  severity: 'warning',
  title: 'nothing uses this set',
};

/** A set that no rule refers to, nor any set that one does. Files from elsewhere may hold more than is used. */
export const unusedSet: Check = {
  kind,
  run: (policy, report) => {
    const used = usedSets(policy);
    for (const { name, statement } of policy.sets) {
      const { span } = statement.name;
      if (used.has(name) || !span.source.quotable) continue;
      const message = `nothing uses the set \`${name}\``;
      report(diagnose(kind, message, [at(span)], `take it out, or write \`@${name}\` in a rule`));
    }
  },
};

function usedSets({ uplinks, sets, routes, forwards, expects }: Policy): Set<string> {
  const used = new Set<string>();
  const byName = new Map(sets.map(({ name, statement }) => [name, statement]));
  const statements: (Statement | undefined)[] = [
    ...[...uplinks, ...routes.unlike, ...forwards, ...expects].map(({ statement }) => statement),
  ];
  // What a set refers to is used where the set is: it is looked at after what refers to it.
  for (const statement of statements) {
    for (const node of walkTree(statement)) {
      if (!('form' in node) || node.form !== 'ref' || used.has(node.text)) continue;
      used.add(node.text);
      statements.push(byName.get(node.text));
    }
  }
  return used;
}
