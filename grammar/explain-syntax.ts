import { EOF, type IToken, type TokenType } from 'chevrotain';
import { at, type Diagnostic, diagnose } from '../src/text/diagnostic.ts';
import { nearest } from '../src/text/nearest.ts';
import type { Source, Span } from '../src/text/source.ts';
import { unexpectedWord } from './kinds.ts';
import type { RouteParser } from './parser.ts';
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

const VALUES: ReadonlySet<TokenType> = new Set([Name, Literal, Ref, Text]);

/** What is wrong with a statement that the parser has just refused. */
export function explainSyntax(source: Source, parser: RouteParser, tokens: IToken[]): Diagnostic {
  const error = parser.errors[0];
  // A failed choice is reported at its first token; the one that fits nothing may come later.
  const wrong = error === undefined ? 0 : tokens.indexOf(error.token);
  const index = wrong < 0 ? tokens.length : firstMisfit(parser, tokens, wrong);
  const token = tokens[index];
  const previous = tokens[index - 1];
  const expected = expectedAfter(parser, tokens.slice(0, index));
  const span = token === undefined ? endOf(source, tokens) : spanOf(source, token);
  const message =
    token === undefined
      ? 'the statement ends too early'
      : `unexpected ${token.tokenType === Text ? 'quoted text' : `\`${cut(token.image)}\``}`;
  return diagnose(
    unexpectedWord,
    message,
    [at(span, `expected ${describe(expected)}`)],
    help(token, previous, expected, tokens),
  );
}

function firstMisfit(parser: RouteParser, tokens: IToken[], from: number): number {
  for (let index = from; index < Math.min(tokens.length, from + 2); index += 1) {
    const fits = expectedAfter(parser, tokens.slice(0, index)).some((type) =>
      isOf(tokens[index] as IToken, type),
    );
    if (!fits) return index;
  }
  return from;
}

function isOf(token: IToken, type: TokenType): boolean {
  return token.tokenType === type || (token.tokenType.CATEGORIES ?? []).includes(type);
}

function expectedAfter(parser: RouteParser, before: IToken[]): TokenType[] {
  const found = parser.computeContentAssist('statement', withoutMiddles(before));
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

function help(
  token: IToken | undefined,
  previous: IToken | undefined,
  expected: readonly TokenType[],
  tokens: readonly IToken[],
): string | undefined {
  const wantsValue = expected.some((type) => VALUES.has(type));
  if (token === undefined) {
    if (previous?.tokenType === Comma) return 'write another value, or leave the last comma out';
    if (tokens[0]?.tokenType === k.route && expected.includes(k.via)) {
      return 'say where it goes: `via UPLINK`, `via main`, `via drop` or `via reject`';
    }
    if (tokens[0]?.tokenType === k.uplink && expected.includes(k.dev)) {
      return 'name its device: `dev eth0`';
    }
    return undefined;
  }
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
    const quotable = expected.includes(Text);
    return quotable
      ? `\`${token.image}\` is a word of the language; to use it as a value write \`"${token.image}"\``
      : `\`${token.image}\` is a word of the language and can't be a name`;
  }
  if (token.tokenType === Comma && wantsValue) return 'a value is missing in front of this comma';
  if (token.tokenType === Close) return 'there is no `{` that it closes';
  if (token.tokenType === Open && previous?.tokenType === Open) return 'lists do not nest';
  if (token.tokenType === Equals) return 'only `set NAME = ...` has a `=`';
  if (expected.includes(Text) && !wantsOther(expected)) return 'write it in quotes';
  return undefined;
}

function wantsOther(expected: readonly TokenType[]): boolean {
  return expected.some((type) => type !== Text);
}
