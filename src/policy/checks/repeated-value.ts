import type { List, Statement, Word } from '../../../grammar/tree.ts';
import { at, diagnose, type Kind, type Report } from '../../text/diagnostic.ts';
import { lookAtRoutes } from '../look-at-routes.ts';
import { takeOutWord } from '../take-out.ts';
import { walkTree } from '../walk-tree.ts';
import type { Check } from './check.ts';

const kind: Kind = {
  code: 'RC505',
  slug: 'repeated-value',
  severity: 'warning',
  title: 'a value stands in one list twice',
};

/** The same value twice in one list: harmless, and often another one was meant. */
export const repeatedValue: Check = {
  kind,
  run: ({ uplinks, sets, routes, forwards, expects }, report) => {
    const walk = (statement: Statement | undefined, say: Report): void => {
      for (const node of walkTree(statement)) if ('words' in node) look(node, say);
    };
    for (const { statement } of [...uplinks, ...sets, ...forwards, ...expects]) {
      walk(statement, report);
    }
    lookAtRoutes(routes, report, ({ statement }, say) => walk(statement, say));
  },
};

function look({ words }: List, report: Report): void {
  const seen = new Map<string, Word>();
  words.forEach((word, index) => {
    const key = `${word.form} ${word.text}`;
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, word);
      return;
    }
    const { source, start, end } = word.span;
    const message = `\`${source.text.slice(start, end)}\` stands in this list twice`;
    const labels = [at(word.span, 'again'), at(first.span, 'first here')] as const;
    const fix = takeOutWord(words, index);
    const help = 'take it out, or write the value that was meant';
    report(diagnose(kind, message, [...labels], help, fix));
  });
}
