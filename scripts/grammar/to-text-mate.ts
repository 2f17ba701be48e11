import {
  keyword,
  Literal,
  MATCH_WORDS,
  RESERVED_WORDS,
  Ref,
  STATEMENT_WORDS,
} from '../../grammar/tokens.ts';
import type { Part } from './productions.ts';

type Captures = Readonly<Record<number, { readonly name: string }>>;
interface Rule {
  readonly name?: string;
  readonly include?: string;
  readonly match?: string;
  readonly captures?: Captures;
  readonly begin?: string;
  readonly beginCaptures?: Captures;
  readonly end?: string;
  readonly endCaptures?: Captures;
  readonly patterns?: readonly Rule[];
}

/**
 * The grammar for editors that take TextMate's. It colours, and refuses nothing. Each statement is a region of its
 * own, for some words are words only in some statements.
 */
export function toTextMate(productions: ReadonlyMap<string, Part>): string {
  const grammar = {
    information_for_contributors: [
      'Generated from grammar/parser.ts and grammar/tokens.ts by `npm run grammar`: change those.',
    ],
    name: 'route',
    scopeName: 'source.route',
    fileTypes: ['route'],
    patterns: [...STATEMENTS.map((word) => statement(word, productions)), ANYTHING],
    repository: { anything: { patterns: [...SIGNS, ...KEYWORDS, ...VALUES] } },
  };
  return `${JSON.stringify(grammar, null, 2)}\n`;
}

// A word begins and ends where a character is that can't be in one.
const SIGN = Array.from({ length: 94 }, (_, index) => index + 33)
  .filter((code) => !(Literal.PATTERN as RegExp).test(String.fromCharCode(code)))
  .map((code) => `\\x${code.toString(16)}`)
  .join('');
const whole = (pattern: string): string => `(?<![^\\s${SIGN}])(?:${pattern})(?![^\\s${SIGN}])`;
const anyOf = (words: readonly string[]): string => whole(words.join('|'));

const texts = (tokens: Iterable<{ readonly PATTERN?: unknown }>): string[] =>
  [...tokens].map(({ PATTERN }) => String(PATTERN));
const STATEMENTS = texts(STATEMENT_WORDS);
const MATCHES = texts(MATCH_WORDS).filter((word) => word !== 'not');
const OPERATORS = ['not', 'else'];
const OTHERS = [...RESERVED_WORDS].filter(
  (word) => ![...STATEMENTS, ...MATCHES, ...OPERATORS].includes(word),
);
const CONTEXTUAL = Object.keys(keyword).filter((word) => !RESERVED_WORDS.has(word));

/** Ends a `{` that was forgotten, and whatever else is open. */
const NEXT = `(?=^[ \\t]*${anyOf(STATEMENTS)})`;
const ANYTHING: Rule = { include: '#anything' };

const SIGNS: readonly Rule[] = [
  { name: 'comment.line.number-sign.route', match: '#.*$' },
  {
    name: 'string.quoted.double.route',
    begin: '"',
    end: '"|$',
    patterns: [{ name: 'constant.character.escape.route', match: '\\\\["\\\\]' }],
  },
  // It ends on the next line, so that the statement around it does not end on this one.
  {
    begin: '\\\\[ \\t]*$',
    beginCaptures: { 0: { name: 'punctuation.separator.continuation.route' } },
    end: '^',
  },
  {
    begin: '\\{',
    beginCaptures: { 0: { name: 'punctuation.section.list.begin.route' } },
    end: `(\\})|${NEXT}`,
    endCaptures: { 1: { name: 'punctuation.section.list.end.route' } },
    patterns: [ANYTHING],
  },
  { name: 'punctuation.separator.comma.route', match: ',' },
  { name: 'keyword.operator.assignment.route', match: '=' },
];

const KEYWORDS: readonly Rule[] = [
  { name: 'keyword.operator.word.route', match: anyOf(OPERATORS) },
  { name: 'keyword.control.route', match: anyOf(STATEMENTS) },
  { name: 'keyword.other.match.route', match: anyOf(MATCHES) },
  { name: 'keyword.other.route', match: anyOf(OTHERS) },
];

const V4 = '[0-9]{1,3}(?:\\.[0-9]{1,3}){3}';
const V6 = '[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*';
const PORTS = '[0-9]+(?:-[0-9]+)?';
const NUMBER = '(?:0x[0-9A-Fa-f]+|[0-9]+(?::[0-9]+)?)';

const VALUES: readonly Rule[] = [
  { name: 'variable.other.set.route', match: whole((Ref.PATTERN as RegExp).source) },
  { name: 'constant.numeric.mac.route', match: whole('[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}') },
  {
    name: 'constant.numeric.address.route',
    match: whole(
      `(?:${V4}|${V6})(?:(/[0-9]+)|-(?:${V4}|${V6}))?|${V4}:${PORTS}|\\[${V6}\\]:${PORTS}`,
    ),
    captures: { 1: { name: 'constant.numeric.prefix.route' } },
  },
  {
    name: 'constant.numeric.route',
    match: whole(`${NUMBER}(?:[-/]${NUMBER})?|[0-9]+(?:ms|s|m|h)`),
  },
];

/** A statement, to the end of its line. */
function statement(word: string, productions: ReadonlyMap<string, Part>): Rule {
  const contextual = CONTEXTUAL.filter((each) => wordsOf(word, productions).has(each));
  const declares = word === 'uplink' || word === 'set';
  const name = `(?:[ \\t]+(?!${anyOf([...RESERVED_WORDS])})([^\\s${SIGN}]+))?`;
  return {
    name: `meta.statement.${word}.route`,
    begin: `^[ \\t]*(${word})(?![^\\s${SIGN}])${declares ? name : ''}`,
    beginCaptures: {
      1: { name: 'keyword.control.route' },
      ...(declares ? { 2: { name: `entity.name.${word}.route` } } : {}),
    },
    end: `$|${NEXT}`,
    patterns: [
      ...(contextual.length === 0
        ? []
        : [{ name: 'keyword.other.route', match: anyOf(contextual) }]),
      ANYTHING,
    ],
  };
}

/** All words that a statement may hold. */
function wordsOf(statement: string, productions: ReadonlyMap<string, Part>): ReadonlySet<string> {
  const all = [...productions.values()];
  const own = all.find((part) => part.kind === 'sequence' && startsWith(part.parts, statement));
  const words = new Set<string>();
  const seen = new Set<Part>();
  const visit = (part: Part | undefined): void => {
    if (part === undefined || seen.has(part)) return;
    seen.add(part);
    switch (part.kind) {
      case 'word':
        words.add(part.text);
        break;
      case 'token':
        break;
      case 'production':
        visit(productions.get(part.name));
        break;
      case 'sequence':
      case 'choice':
        part.parts.forEach(visit);
        break;
      case 'optional':
      case 'any':
      case 'some':
        visit(part.part);
        break;
      default:
        part satisfies never;
    }
  };
  visit(own);
  return words;
}

function startsWith([first]: readonly Part[], word: string): boolean {
  return first?.kind === 'word' && first.text === word;
}
