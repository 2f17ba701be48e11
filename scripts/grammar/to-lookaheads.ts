import { getLookaheadPaths, LLkLookaheadStrategy, type LookaheadSequence } from 'chevrotain';
import { RouteParser } from '../../grammar/parser.ts';

/** The module that keeps what chevrotain's analysis of the grammar comes to. */
export function toLookaheads(): string {
  const entries: string[] = [];
  /** What was analysed last: its key is known only when chevrotain keeps it. */
  let last = { name: '', text: '' };

  const strategy = new LLkLookaheadStrategy({ maxLookahead: 2 });
  const optional = strategy.buildLookaheadForOptional.bind(strategy);
  const or = strategy.buildLookaheadForAlternation.bind(strategy);
  strategy.buildLookaheadForOptional = (options) => {
    const { rule, prodOccurrence: occurrence, prodType, maxLookahead } = options;
    const [paths] = getLookaheadPaths({ rule, occurrence, prodType, maxLookahead });
    const text = `{ optional: ${listOf(paths as LookaheadSequence)} }`;
    last = { name: `${rule.name}: ${prodType} ${occurrence}`, text };
    return optional(options);
  };
  strategy.buildLookaheadForAlternation = (options) => {
    const { rule, prodOccurrence: occurrence, maxLookahead, hasPredicates } = options;
    if (hasPredicates) throw new Error(`a GATE of an alternative (${rule.name}) is not kept`);
    const prodType = 'Alternation';
    const all = getLookaheadPaths({ rule, occurrence, prodType, maxLookahead });
    const text = `{ or: [\n${all.map((paths) => `    ${listOf(paths)},\n`).join('')}  ] }`;
    last = { name: `${rule.name}: ${prodType} ${occurrence}`, text };
    return or(options);
  };
  class Listening extends RouteParser {
    protected override setLaFuncCache(key: number): void {
      entries.push(`  // ${last.name}\n  ${key}: ${last.text},\n`);
    }
  }
  new Listening({ lookaheadStrategy: strategy });
  return [
    '// Generated from the parser by `npm run grammar`: change that, not this.\n',
    "import type { Lookaheads } from './kept-parser.ts';\n\n",
    '/** By which tokens each choice of the grammar is decided. */\n',
    'export const LOOKAHEADS: Lookaheads = {\n',
    ...entries,
    '};\n',
  ].join('');
}

function listOf(paths: LookaheadSequence): string {
  const names = paths.map((path) => path.map(({ name }) => name).join(' '));
  return `[${names.map((name) => `'${name}'`).join(', ')}]`;
}
