import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Lexer } from 'chevrotain';
import { describe, expect, it } from 'vitest';
import oniguruma from 'vscode-oniguruma';
import textMate from 'vscode-textmate';
import {
  ALL_TOKENS,
  keyword,
  RESERVED_WORDS,
  STATEMENT_WORDS,
  Text,
} from '../../grammar/tokens.ts';
import { grammarArtefacts } from './grammar-artefacts.ts';

const root = join(import.meta.dirname, '../..');
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');
const artefacts = grammarArtefacts();
const artefact = (name: string): string => artefacts.get(name) ?? '';

it.each([...artefacts.keys()])('grammar/%s is what `npm run grammar` writes', (name) => {
  expect(read('grammar', name)).toBe(artefact(name));
});

it('what is generated holds each word, and each name that it uses', () => {
  const ebnf = artefact('route.ebnf').replace(/\/\*.*?\*\//gs, '');
  const page = artefact('railroad.html');
  for (const word of Object.keys(keyword)) {
    expect(ebnf).toContain(`"${word}"`);
    expect(page).toContain(`>${word}</text>`);
  }
  const names = [...ebnf.matchAll(/^([A-Za-z]+) +::=/gm)].map(([, name]) => name as string);
  const used = ebnf.replace(/"[^"]*"|\/.*\/$|^[A-Za-z]+ +::=/gm, '').match(/[A-Za-z]+/g) ?? [];
  expect(names).toEqual(expect.arrayContaining([...new Set(used)]));
  const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
  expect(ids.sort()).toEqual(names.sort());
  for (const [, name] of page.matchAll(/ href="#([^"]*)"/g)) expect(ids).toContain(name);
});

it('the page of diagrams asks for nothing: no script, no other file', () => {
  expect(artefact('railroad.html')).not.toMatch(/<script|<link|<img|@import|url\(|\bsrc=|https?:/);
});

it('none of what people and editors read ships', () => {
  for (const pack of ['main.js', 'more.js']) {
    expect(read('dist', pack)).not.toMatch(/railroad|source\.route|::=/);
  }
});

describe('the grammar for editors', async () => {
  const wasm = createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm');
  await oniguruma.loadWASM(readFileSync(wasm));
  const registry = new textMate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () =>
      textMate.parseRawGrammar(artefact('route.tmLanguage.json'), 'route.tmLanguage.json'),
  });
  const grammar = await registry.loadGrammar('source.route');

  /** The scopes at each offset of a text, without those of the whole file. */
  function scopesOf(text: string): (offset: number) => string {
    const all: string[] = [];
    let stack = textMate.INITIAL;
    for (const line of text.split('\n')) {
      const result = grammar?.tokenizeLine(line, stack);
      if (result === undefined) throw new Error('there is no grammar');
      stack = result.ruleStack;
      const scopes = Array.from({ length: line.length + 1 }, () => '');
      for (const { startIndex, endIndex, scopes: its } of result.tokens) {
        scopes.fill(its.slice(1).join(' '), startIndex, endIndex);
      }
      all.push(...scopes);
    }
    return (offset) => all[offset] ?? '';
  }
  const scopeOf = (text: string, word: string): string =>
    scopesOf(text)(text.indexOf(word)).replace(/meta\S+ ?/, '');

  it.each([
    ['route host 192.0.2.1 via dsl', 'route', 'keyword.control.route'],
    ['  uplink dsl dev eth3', 'uplink', 'keyword.control.route'],
    ['uplink dsl dev eth3', 'dsl', 'entity.name.uplink.route'],
    ['set web = 80', 'web', 'entity.name.set.route'],
    ['set web = 80', '=', 'keyword.operator.assignment.route'],
    ['route from not 192.0.2.1 via dsl', 'not', 'keyword.operator.word.route'],
    ['route via dsl else main', 'else', 'keyword.operator.word.route'],
    ['route via dsl else main', 'main', 'keyword.other.route'],
    ['route via dsl else main', 'dsl', ''],
    ['route from @lan via dsl', '@lan', 'variable.other.set.route'],
    ['route from 192.0.2.1 via dsl', '192', 'constant.numeric.address.route'],
    ['route from 192.0.2.0/24 via dsl', '192', 'constant.numeric.address.route'],
    [
      'route from 192.0.2.0/24 via dsl',
      '/24',
      'constant.numeric.address.route constant.numeric.prefix.route',
    ],
    ['route from 192.0.2.1-192.0.2.9 via dsl', '-192', 'constant.numeric.address.route'],
    ['route from {2001:db8::1} via dsl', '2001', 'constant.numeric.address.route'],
    ['route from ::/0 via dsl', '::', 'constant.numeric.address.route'],
    ['forward tcp 443 on dsl to [2001:db8::1]:443', '[', 'constant.numeric.address.route'],
    ['forward tcp 443 on dsl to 192.0.2.1:443', '192', 'constant.numeric.address.route'],
    ['route mac 00:00:5e:00:53:01 via dsl', '00:', 'constant.numeric.mac.route'],
    ['route tcp 80,8000-8080 via dsl', '8000', 'constant.numeric.route'],
    ['route mark 0x1/0xff via dsl', '0x1', 'constant.numeric.route'],
    ['route in 80x via dsl', '80x', ''],
    ['route in eth0.100 via dsl', 'eth0', ''],
    ['route in main-lan via dsl', 'main', ''],
    ['route in x.to via dsl', 'to', ''],
    ['route in "via" via dsl', 'via', 'string.quoted.double.route'],
    ['route in "a\\"via" via dsl', 'via', 'string.quoted.double.route'],
    ['route in "a\\"via" via dsl', '\\"', /constant\.character\.escape\.route$/],
    ['route via dsl # via main', 'main', 'comment.line.number-sign.route'],
    ['route in "#" via main', 'main', 'keyword.other.route'],
    ['route \\  \n via dsl', '\\', /punctuation\.separator\.continuation\.route$/],
    // Words only in their place: the port http, and http of `check`.
    ['route tcp http via dsl', 'http', ''],
    ['uplink a dev b check http "x"', 'http', 'keyword.other.route'],
    ['route via balance a, b by \\\n source', 'source', 'keyword.other.route'],
    ['route tcp {\n80, # route\n\n443 } via balance a by flow', 'flow', 'keyword.other.route'],
    // Neither an open text nor an open brace goes on where a statement begins.
    ['route in "a\nset web = 80', 'web', 'entity.name.set.route'],
    ['set a = { 1\nset web = 80', 'web', 'entity.name.set.route'],
  ])('%j: %j is %j', (text, word, scope) => {
    if (scope instanceof RegExp) expect(scopeOf(text, word)).toMatch(scope);
    else expect(scopeOf(text, word)).toBe(scope);
  });

  it('each word of the language is a keyword in a statement that may hold it', () => {
    for (const word of Object.keys(keyword)) {
      const keywords = [...STATEMENT_WORDS].filter(({ PATTERN }) => {
        const text = `${String(PATTERN)} x ${word}`;
        return / ?keyword\.\S+$/.test(scopesOf(text)(text.length - 1));
      });
      expect(keywords.length, word).toBeGreaterThan(0);
      if (RESERVED_WORDS.has(word)) expect(keywords, word).toHaveLength(STATEMENT_WORDS.size);
    }
  });

  const policies = readdirSync(join(root, 'fixtures'), { recursive: true })
    .map(String)
    .filter((path) => /\.route$|^diagnostics\//.test(path));
  const lexer = new Lexer(ALL_TOKENS, { positionTracking: 'onlyOffset' });

  it.each(policies)('sees in fixtures/%s the tokens that the lexer sees', (path) => {
    const text = read('fixtures', path).split('-----\n')[0] as string;
    const scopeAt = scopesOf(text);
    const { tokens, errors } = lexer.tokenize(text);
    const broken = new Set(errors.map(({ offset }) => lineOf(text, offset)));
    for (const { tokenType, image, startOffset } of tokens) {
      if (broken.has(lineOf(text, startOffset))) continue;
      const scope = scopeAt(startOffset);
      const shown = `${lineOf(text, startOffset)}: ${image}: ${scope}`;
      if (RESERVED_WORDS.has(image)) expect(scope, shown).toMatch(/ ?keyword\.\S+$/);
      else if (!Object.hasOwn(keyword, image)) {
        expect(/keyword\.(control|other)/.test(scope), shown).toBe(false);
      }
      if (tokenType === Text) expect(scope, shown).toContain('string.quoted');
      else expect(scope, shown).not.toMatch(/string|comment/);
    }
  });

  const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;
});
