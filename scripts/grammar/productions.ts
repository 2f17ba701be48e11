import {
  Alternation,
  Alternative,
  EOF,
  type IProduction,
  NonTerminal,
  Option,
  Repetition,
  RepetitionMandatory,
  Terminal,
} from 'chevrotain';
import { RouteParser } from '../../grammar/parser.ts';

/** What a production is made of. */
export type Part =
  /** A word or a sign that stands there as it is. */
  | { readonly kind: 'word'; readonly text: string }
  /** A token that has a pattern. */
  | { readonly kind: 'token'; readonly name: string }
  | { readonly kind: 'production'; readonly name: string }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Part[] }
  | { readonly kind: 'optional' | 'any'; readonly part: Part }
  /** Once or more, with what stands between two of them. */
  | { readonly kind: 'some'; readonly part: Part; readonly separator?: Part };

/** The productions of the parser by their names, in its order; before them, that of a whole file. */
export function productions(): ReadonlyMap<string, Part> {
  const rules = Object.values(new RouteParser({}).getGAstProductions());
  return new Map([
    ['file', FILE],
    ...rules.map(({ name, definition }) => [name, sequence(definition)] as const),
  ]);
}

/** The parser is fed statement by statement, so this one is not in it. */
const FILE: Part = {
  kind: 'some',
  part: { kind: 'optional', part: { kind: 'production', name: 'statement' } },
  separator: { kind: 'token', name: 'Newline' },
};

function partOf(production: IProduction): Part {
  if (production instanceof Terminal) {
    const { PATTERN, name } = production.terminalType;
    return typeof PATTERN === 'string' ? { kind: 'word', text: PATTERN } : { kind: 'token', name };
  }
  if (production instanceof NonTerminal) {
    return { kind: 'production', name: production.nonTerminalName };
  }
  if (production instanceof Alternation) {
    const parts = production.definition.map(partOf);
    return { kind: 'choice', parts: parts.flatMap((p) => (p.kind === 'choice' ? p.parts : p)) };
  }
  if (production instanceof Alternative) return sequence(production.definition);
  if (production instanceof Option) return { kind: 'optional', part: inner(production) };
  if (production instanceof Repetition) return { kind: 'any', part: inner(production) };
  if (production instanceof RepetitionMandatory) return { kind: 'some', part: inner(production) };
  throw new Error(`a part of the grammar that is not known here: ${production.constructor.name}`);
}

const inner = ({ definition }: { definition: IProduction[] }): Part => sequence(definition);

/** Parts in a row. The end of the input is left out, and `a ( "," a )*` is one part. */
function sequence(definition: readonly IProduction[]): Part {
  const parts: Part[] = [];
  for (const production of definition) {
    if (production instanceof Terminal && production.terminalType === EOF) continue;
    const part = partOf(production);
    const separated = separatedList(parts.at(-1), part);
    if (separated === undefined) parts.push(part);
    else parts.splice(-1, 1, separated);
  }
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: 'sequence', parts };
}

function separatedList(first: Part | undefined, rest: Part): Part | undefined {
  if (first === undefined || rest.kind !== 'any' || rest.part.kind !== 'sequence') return undefined;
  const [separator, again, more] = rest.part.parts;
  const same = more === undefined && JSON.stringify(first) === JSON.stringify(again);
  return same && separator?.kind === 'word' ? { kind: 'some', part: first, separator } : undefined;
}
