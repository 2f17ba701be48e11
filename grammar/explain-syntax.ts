import { EOF, type IToken, type TokenType } from 'chevrotain';
import { at, type Diagnostic, diagnose } from '../src/text/diagnostic.ts';
import { nearest } from '../src/text/nearest.ts';
import { join, type Source, type Span } from '../src/text/source.ts';
import { reservedWord, unexpectedWord } from './kinds.ts';
import type { RouteParser } from './parser.ts';
import { retyped, syntaxFix, type Understood } from './syntax-fix.ts';
import {
  Close,
  Comma,
  Equals,
  keyword as k,
  Literal,
  MATCH_WORDS,
  Name,
  Open,
  RESERVED_WORDS,
  Ref,
  STATEMENT_WORDS,
  Text,
} from './tokens.ts';

const LAST_COMMA = 'write another value, or leave the last comma out';

const VALUES: ReadonlySet<TokenType> = new Set([Name, Literal, Ref, Text]);

/** What was to be read: each is a production of the grammar. */
export type Production = 'statement' | 'packet';

/** What is wrong with a statement, or a packet, that the parser has just refused. */
export function explainSyntax(
  source: Source,
  parser: RouteParser,
  tokens: IToken[],
  production: Production = 'statement',
): Diagnostic {
  const expectedAfter = (before: IToken[]) => expectedBy(parser, production, before);
  const parses = (changed: IToken[]): boolean =>
    (production === 'packet'
      ? parser.parsePacket(source, changed)
      : parser.parse(source, changed)) !== undefined;
  const error = parser.errors[0];
  // A failed choice is reported at its first token; the one that fits nothing may come later.
  const wrong = error === undefined ? 0 : tokens.indexOf(error.token);
  const index = wrong < 0 ? tokens.length : firstMisfit(expectedAfter, tokens, wrong);
  const token = tokens[index];
  const previous = tokens[index - 1];
  const expected = expectedAfter(tokens.slice(0, index));
  if (token === undefined) {
    const label = `expected ${describe(expected)}`;
    return diagnose(
      unexpectedWord,
      'the statement ends too early',
      [at(endOf(source, tokens), label)],
      helpAtEnd(previous, expected, tokens),
    );
  }
  const span = spanOf(source, token);
  /** How many tokens can be understood with others in this place; all of them is endless. */
  const understood: Understood = (...words) => {
    const changed = [...tokens.slice(0, index), ...words, ...tokens.slice(index + 1)];
    if (parses(changed)) return Number.POSITIVE_INFINITY;
    return changed.indexOf(parser.errors[0]?.token as IToken);
  };
  const reserved = explainReserved(span, token, index, expected, tokens, understood);
  if (reserved !== undefined) return reserved;
  const fix = syntaxFix(span, token, index, expected, understood);
  return diagnose(
    unexpectedWord,
    `unexpected ${token.tokenType === Text ? 'quoted text' : `\`${cut(token.image)}\``}`,
    [at(span, `expected ${describe(expected)}`)],
    fix?.title ?? help(token, previous, expected),
    fix,
  );
}

/** What targets read as something else: an uplink of that name would rarely be meant by it. */
const VERDICTS: ReadonlySet<string> = new Set(['main', 'drop', 'reject', 'balance']);
/** What `expect` names without `via`, unlike `route`. */
const BARE_ANSWERS: ReadonlySet<TokenType> = new Set([k.main, k.drop, k.reject, k.unreachable]);

/** A word of the language where a value or a name would stand, if all that the statement lacks is quotes. */
function explainReserved(
  span: Span,
  token: IToken,
  index: number,
  expected: readonly TokenType[],
  tokens: readonly IToken[],
  understood: Understood,
): Diagnostic | undefined {
  const { image } = token;
  if (!RESERVED_WORDS.has(image)) return undefined;
  const via = tokens[index - 1];
  if (
    tokens[0]?.tokenType === k.expect &&
    via?.tokenType === k.via &&
    BARE_ANSWERS.has(token.tokenType)
  ) {
    const title = `\`expect\` names it without \`via\`: write \`${image}\``;
    return diagnose(
      unexpectedWord,
      `unexpected \`via ${image}\``,
      [at(span, 'expected an uplink')],
      title,
      { title, edits: [{ span: join(spanOf(span.source, via), span), text: image }] },
    );
  }
  const quotable = expected.includes(Text);
  if (!quotable && !expected.includes(Name)) return undefined;
  const quoted = retyped(token, quotable ? Text : Name, `"${image}"`);
  if (Number.isFinite(understood(quoted))) return undefined;
  const names = tokens[0]?.tokenType === k.uplink && index === 1 && !VERDICTS.has(image);
  return diagnose(
    reservedWord,
    `\`${image}\` is a word of the language`,
    [at(span, `expected ${describe(expected)}`)],
    quotable ? `to use it as a value write \`"${image}"\`` : 'it can not be a name: take another',
    names ? { title: `write \`"${image}"\``, edits: [{ span, text: `"${image}"` }] } : undefined,
  );
}

function firstMisfit(
  expectedAfter: (before: IToken[]) => TokenType[],
  tokens: IToken[],
  from: number,
): number {
  for (let index = from; index < Math.min(tokens.length, from + 2); index += 1) {
    const fits = expectedAfter(tokens.slice(0, index)).some((type) =>
      isOf(tokens[index] as IToken, type),
    );
    if (!fits) return index;
  }
  return from;
}

function isOf(token: IToken, type: TokenType): boolean {
  return token.tokenType === type || (token.tokenType.CATEGORIES ?? []).includes(type);
}

export function expectedBy(
  parser: RouteParser,
  production: Production,
  before: IToken[],
): TokenType[] {
  const found = parser.computeContentAssist(production, withoutMiddles(before));
  return [...new Set(found.map(({ nextTokenType }) => nextTokenType))];
}

/** What may follow a list does not depend on how long it is; the time that it takes to say so does. */
function withoutMiddles(tokens: readonly IToken[]): IToken[] {
  const out: IToken[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const [comma, value, next] = tokens.slice(index, index + 3);
    const middle = comma?.tokenType === Comma && next?.tokenType === Comma;
    if (middle && value !== undefined && VALUES.has(value.tokenType)) index += 1;
    else out.push(tokens[index] as IToken);
  }
  return out;
}

function spanOf(source: Source, { startOffset, image }: IToken): Span {
  return { source, start: startOffset, end: startOffset + image.length };
}

function endOf(source: Source, tokens: readonly IToken[]): Span {
  const last = tokens.at(-1) as IToken;
  const end = last.startOffset + last.image.length;
  return { source, start: end, end: Math.min(end + 1, source.text.length) };
}

function cut(image: string): string {
  return image.length > 40 ? `${image.slice(0, 40)}...` : image;
}

/** The expected tokens in words, the many matches and values as one each. */
function describe(expected: readonly TokenType[]): string {
  const out: string[] = [];
  const all = (types: ReadonlySet<TokenType>): boolean =>
    [...types].every((type) => expected.includes(type));
  const matches = [...MATCH_WORDS].every((type) => type === k.not || expected.includes(type));
  const values = expected.filter((type) => VALUES.has(type)).length > 1;
  const statements = all(STATEMENT_WORDS);
  if (statements)
    return 'a statement: `uplink`, `set`, `route`, `forward`, `expect`, `option` or `include`';
  if (values) out.push('a value');
  if (matches) out.push('a match (`from`, `to`, `tcp`, ...)');
  for (const type of expected) {
    if (type === EOF) out.push('the end of the line');
    else if (values && (VALUES.has(type) || (type.CATEGORIES ?? []).includes(Name))) continue;
    else if (matches && MATCH_WORDS.has(type)) continue;
    else out.push(type.LABEL ?? type.name);
  }
  const [last, ...others] = out.reverse();
  return others.length === 0 ? String(last) : `${others.reverse().join(', ')} or ${last}`;
}

function helpAtEnd(
  previous: IToken | undefined,
  expected: readonly TokenType[],
  tokens: readonly IToken[],
): string | undefined {
  if (previous?.tokenType === Comma) return LAST_COMMA;
  if (tokens[0]?.tokenType === k.route && expected.includes(k.via)) {
    return 'say where it goes: `via UPLINK`, `via main`, `via drop` or `via reject`';
  }
  if (tokens[0]?.tokenType === k.uplink && expected.includes(k.dev)) {
    return 'name its device: `dev eth0`';
  }
  return undefined;
}

function help(
  token: IToken,
  previous: IToken | undefined,
  expected: readonly TokenType[],
): string | undefined {
  const wantsValue = expected.some((type) => VALUES.has(type));
  const words = expected.map((type) => (typeof type.PATTERN === 'string' ? type.PATTERN : ''));
  if (token.tokenType === Name || token.tokenType === Literal) {
    const meant = nearest(
      token.image,
      words.filter((word) => /^[a-z]/.test(word)),
    );
    if (meant !== undefined) return `did you mean \`${meant}\`?`;
  }
  const value = VALUES.has(token.tokenType) || token.tokenType.CATEGORIES?.includes(Name);
  if (value && previous !== undefined && expected.includes(Comma)) {
    return `commas separate values: \`${cut(previous.image)}, ${cut(token.image)}\``;
  }
  if (wantsValue && RESERVED_WORDS.has(token.image)) {
    return previous?.tokenType === Comma ? LAST_COMMA : 'a value is missing in front of this word';
  }
  if (token.tokenType === Comma && wantsValue) return 'a value is missing in front of this comma';
  if (token.tokenType === Close) return 'there is no `{` that it closes';
  if (token.tokenType === Open && previous?.tokenType === Open) return 'lists do not nest';
  if (token.tokenType === Equals) return 'only `set NAME = ...` has a `=`';
  return expected.every((type) => type === Text) ? 'write it in quotes' : undefined;
}
