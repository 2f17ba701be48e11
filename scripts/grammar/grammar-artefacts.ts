import { productions } from './productions.ts';
import { toEbnf } from './to-ebnf.ts';
import { toLookaheads } from './to-lookaheads.ts';
import { toRailroad } from './to-railroad.ts';
import { toTextMate } from './to-text-mate.ts';

/** What is generated from the parser and its tokens, by file name in `grammar/`. */
export function grammarArtefacts(): ReadonlyMap<string, string> {
  const all = productions();
  return new Map([
    ['route.ebnf', toEbnf(all)],
    ['railroad.html', toRailroad(all)],
    ['route.tmLanguage.json', toTextMate(all)],
    ['lookaheads.ts', toLookaheads()],
  ]);
}
