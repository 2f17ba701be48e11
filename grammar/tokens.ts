import { createToken, Lexer, type TokenType } from 'chevrotain';

/** Any run of visible ASCII but `"`, `#`, `,`, `=`, `\`, `{` and `}`. */
const WORD = /[!$-+\-.-<>-[\]-z|~]+/;

/** All characters that fit, as codes. */
const beginnings = (fits: RegExp): number[] =>
  Array.from({ length: 0x100 }, (_, code) => code).filter((code) =>
    fits.test(String.fromCharCode(code)),
  );
const LETTERS = beginnings(/[A-Za-z]/);

// Each token says by which characters it begins: else chevrotain takes the patterns apart at each start.
export const Newline = createToken({
  name: 'Newline',
  pattern: /\r?\n/,
  start_chars_hint: ['\r', '\n'],
  line_breaks: true,
});
const Blank = createToken({
  name: 'Blank',
  pattern: /[ \t]+/,
  start_chars_hint: [' ', '\t'],
  group: Lexer.SKIPPED,
});
/** The lexer's group of what the grammar does not look at. */
export const ASIDES = 'asides';
export const Continuation = createToken({
  name: 'Continuation',
  pattern: /\\[ \t]*\r?\n/,
  start_chars_hint: ['\\'],
  group: ASIDES,
  line_breaks: true,
});
export const Comment = createToken({
  name: 'Comment',
  pattern: /#[^\r\n\0]*/,
  start_chars_hint: ['#'],
  group: ASIDES,
});
export const Comma = createToken({ name: 'Comma', pattern: ',', label: '`,`' });
export const Equals = createToken({ name: 'Equals', pattern: '=', label: '`=`' });
export const Open = createToken({ name: 'Open', pattern: '{', label: '`{`' });
export const Close = createToken({ name: 'Close', pattern: '}', label: '`}`' });
/**
 * Quoted text; only `\"` and `\\` are escapes, and it ends on its line. There is a bound to them, for
 * there is one to the stack of the matcher.
 */
export const Text = createToken({
  name: 'Text',
  pattern: /"[^"\\\u0000-\u001f\u007f]*(?:\\["\\][^"\\\u0000-\u001f\u007f]*){0,1000}"/,
  start_chars_hint: ['"'],
  line_breaks: false,
  label: 'a quoted text',
});
/** The lexer's group of what is no token, and reported. */
export const FAULTS = 'faults';
/** Up to the end of its line or a `\` there: each quote in it would be tried as a beginning. */
const Unended = createToken({
  name: 'Unended',
  pattern: /"[^\r\n\\]*(?:\\(?![ \t]*\r?\n)[^\r\n\\]*){0,1000}/,
  start_chars_hint: ['"'],
  group: FAULTS,
});
/**
 * What begins no other token, as long a stretch of it as there is: the lexer's own way over what it does
 * not know takes seconds for a megabyte.
 */
const Wrong = createToken({
  name: 'Wrong',
  pattern: /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\uffff]+|\r+|\\+(?![ \t]*\r?\n)|"/,
  // Of all above 255 the lexer asks for one in 255.
  start_chars_hint: [
    ...beginnings(/[\0-\x08\x0b-\x1f"\\\x7f-\xff]/),
    ...Array.from({ length: 0x101 }, (_, at) => Math.min(0x100 + at * 0xff, 0xffff)),
  ],
  line_breaks: false,
  group: FAULTS,
});
export const Literal = createToken({
  name: 'Literal',
  pattern: WORD,
  start_chars_hint: beginnings(WORD),
  label: 'a value',
});
export const Ref = createToken({
  name: 'Ref',
  pattern: /@[A-Za-z][A-Za-z0-9_-]*/,
  start_chars_hint: ['@'],
  longer_alt: Literal,
  label: '`@set`',
});
export const Name = createToken({
  name: 'Name',
  pattern: /[A-Za-z][A-Za-z0-9_-]*/,
  start_chars_hint: LETTERS,
  longer_alt: Literal,
  label: 'a name',
});

const word = (text: string, categories?: TokenType): TokenType =>
  createToken({
    name: text.replace(/(^|-)[a-z]/g, (letter) => letter.replace('-', '').toUpperCase()),
    pattern: text,
    longer_alt: [Name, Literal],
    label: `\`${text}\``,
    ...(categories === undefined ? {} : { categories }),
  });

/** Words that the grammar keeps for itself: as values they must be quoted. */
const reserved = [
  'uplink',
  'set',
  'route',
  'forward',
  'expect',
  'option',
  'include',
  'dev',
  'gateway',
  'address',
  'table',
  'mark',
  'weight',
  'mtu-clamp',
  'check',
  'from',
  'via',
  'else',
  'host',
  'to',
  'in',
  'sport',
  'mac',
  'dscp',
  'user',
  'proto',
  'not',
  'cgroup',
  'time',
  'tcp',
  'udp',
  'sctp',
  'icmp',
  'icmpv6',
  'local',
  'ipv4',
  'ipv6',
  'main',
  'drop',
  'reject',
  'balance',
  'by',
  'snat',
  'masquerade',
  'nonat',
  'on',
  'while',
] as const;

/** Words only in their place; anywhere else they are names like any other. */
const contextual = [
  'ping',
  'http',
  'every',
  'timeout',
  'down',
  'up',
  'flow',
  'source',
  'source-destination',
  'domains',
  'unreachable',
] as const;

export type Keyword = (typeof reserved)[number] | (typeof contextual)[number];

/** The token type of each word of the grammar. */
export const keyword = Object.fromEntries([
  ...reserved.map((text) => [text, word(text)]),
  ...contextual.map((text) => [text, word(text, Name)]),
]) as Record<Keyword, TokenType>;

/** A line that begins with one of these begins a statement. */
export const STATEMENT_WORDS: ReadonlySet<TokenType> = new Set(
  (['uplink', 'set', 'route', 'forward', 'expect', 'option', 'include'] as const).map(
    (text) => keyword[text],
  ),
);

/** Words that begin a match, or `not` in front of one. */
export const MATCH_WORDS: ReadonlySet<TokenType> = new Set(
  (
    [
      'host',
      'from',
      'to',
      'in',
      'sport',
      'mac',
      'dscp',
      'mark',
      'user',
      'proto',
      'cgroup',
      'time',
      'tcp',
      'udp',
      'sctp',
      'icmp',
      'icmpv6',
      'local',
      'ipv4',
      'ipv6',
      'not',
    ] as const
  ).map((text) => keyword[text]),
);

/** Words that can't be values without quotes. */
export const RESERVED_WORDS: ReadonlySet<string> = new Set(reserved);

// Longer words first: of tokens that match the same text the first listed one is taken, and
// `longer_alt` looks only for a name or a literal.
const keywords = Object.values(keyword).sort(
  (a, b) => String(b.PATTERN).length - String(a.PATTERN).length,
);

/** All tokens, in the order in which the lexer tries them. */
export const ALL_TOKENS: TokenType[] = [
  Newline,
  Blank,
  Continuation,
  Comment,
  Comma,
  Equals,
  Open,
  Close,
  Text,
  Unended,
  ...keywords,
  Ref,
  Name,
  Literal,
  Wrong,
];
