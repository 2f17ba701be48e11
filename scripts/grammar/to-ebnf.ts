import { keyword, RESERVED_WORDS } from '../../grammar/tokens.ts';
import { PATTERNED_TOKENS } from './patterned-tokens.ts';
import type { Part } from './productions.ts';

/** A longer choice has a line for each alternative. */
const WIDTH = 80;

const HEAD = `/* The .route language. Generated from grammar/parser.ts and grammar/tokens.ts by \`npm run grammar\`.

   W3C's notation: ? at most once, * any number of times, + at least once, | or, "..." as it is.
   Between slashes stands a regular expression of JavaScript. */
`;

const NOTES = `/* Of all tokens the one that takes most text counts. Blank, Continuation and Comment may stand
   between any two others, and between { and } Newline, too. A line that begins with the word of a
   statement ends a { that was forgotten.

   Where both would fit: a comma after an address of snat leads to another address if one follows,
   else to the next uplink; \`not\` behind tcp, udp, sctp, icmp and icmpv6 belongs to their list, unless
   a match follows it; \`unreachable\` in \`expect\` is the answer. */
`;

/** The grammar as EBNF: the productions, then the tokens. */
export function toEbnf(productions: ReadonlyMap<string, Part>): string {
  const width = Math.max(...[...productions.keys()].map((name) => name.length));
  const line = (name: string, text: string): string => `${name.padEnd(width)} ::= ${text}\n`;
  const rules = [...productions].map(([name, part]) => line(name, folded(part, width)));
  const tokens = PATTERNED_TOKENS.map(({ name, pattern }) => line(name, String(pattern)));
  return [HEAD, rules.join(''), NOTES, tokens.join(''), words()].join('\n');
}

/** A part as EBNF. */
export function formatPart(part: Part): string {
  switch (part.kind) {
    case 'word':
      return `"${part.text}"`;
    case 'token':
    case 'production':
      return part.name;
    case 'sequence':
      return part.parts.map(member).join(' ');
    case 'choice':
      return part.parts.map(formatPart).join(' | ');
    case 'optional':
      return `${unit(part.part)}?`;
    case 'any':
      return `${unit(part.part)}*`;
    case 'some': {
      const { separator } = part;
      if (separator === undefined) return `${unit(part.part)}+`;
      const first = member(part.part);
      return `${first} ( ${member(separator)} ${first} )*`;
    }
    default:
      return part satisfies never;
  }
}

/** A part among others in a row. */
function member(part: Part): string {
  return part.kind === 'choice' ? `( ${formatPart(part)} )` : formatPart(part);
}

/** A part with a sign behind it. */
function unit(part: Part): string {
  const single = part.kind === 'word' || part.kind === 'token' || part.kind === 'production';
  return single ? formatPart(part) : `( ${formatPart(part)} )`;
}

/** A definition on one line, or else with an alternative on each. */
function folded(part: Part, indent: number): string {
  const text = formatPart(part);
  if (text.length < WIDTH || part.kind !== 'choice') return text;
  return part.parts.map(formatPart).join(`\n${' '.repeat(indent + 3)}| `);
}

function words(): string {
  const free = Object.keys(keyword).filter((word) => !RESERVED_WORDS.has(word));
  return [
    '/* A Name is none of the words of the grammar but these, which are words only in their place:',
    `   ${free.join(' ')} */\n`,
  ].join('\n');
}
