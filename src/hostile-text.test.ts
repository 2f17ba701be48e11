import { describe, expect, it } from 'vitest';
import { type Compiled, compile } from './compile.ts';
import type { Read } from './policy/load.ts';
import { renderConcise } from './text/render-concise.ts';
import { renderJson } from './text/render-json.ts';
import { renderPretty } from './text/render-pretty.ts';

/** What is put into each place: bytes, for some of it is no text. */
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const codes = (...list: number[]): [string, Uint8Array][] =>
  list.map((code) => [
    `U+${code.toString(16).padStart(4, '0')}`,
    bytes(String.fromCodePoint(code)),
  ]);
const range = (low: number, high: number): number[] =>
  Array.from({ length: high - low + 1 }, (_, index) => low + index);
const HOSTILE: readonly (readonly [name: string, what: Uint8Array])[] = [
  ...codes(...range(0x00, 0x9f), 0xa0, 0xad, 0xe9),
  ...codes(0x061c, 0x034f, 0x115f, 0x180e, ...range(0x200b, 0x200f), ...range(0x2028, 0x202e)),
  ...codes(...range(0x2060, 0x206f), 0x3164, 0xfeff, ...range(0xfff9, 0xfffd), 0xff02),
  ...codes(0x1d173, 0x1f600, 0xe0001, 0xe0041, 0xe0100),
  ['no UTF-8', new Uint8Array([0xff])],
  ['an overlong NUL', new Uint8Array([0xc0, 0x80])],
  ['half a pair', new Uint8Array([0xed, 0xa0, 0x80])],
  ['a cut character', new Uint8Array([0xe2, 0x80])],
  ...Object.entries({
    'a template': '{{x}}',
    'a raw template': '{{{x}}}',
    'a helper': '{{#each x}}',
    'a statement of nft': '; flush ruleset ;',
    'the end of a chain': '} } flush ruleset; table ip x { chain y {',
    'the end of a text': '" ; flush ruleset ; "',
    'an end with a backslash': '\\" ; flush ruleset #',
    'a line of nft': '\nflush ruleset\n',
    'lines of ip': '\r\nrule flush\r\nroute flush table all\r\n',
    'a joined line': '\\\n',
    'a comment': ' # x',
    'a shell': '$(id)`id`$IFS;id|id&',
    'a path': '../../x',
    'an absolute path': '/etc/passwd',
    'an option': '-rf',
    'a colour': '\u001b[31mred\u001b[0m',
    'a title': '\u001b]0;x\u0007',
    'a Trojan source': '\u202e } \u2066# \u2069 \u2066',
    'a format': '%n%s%1$s',
    __proto__: '__proto__',
    constructor: 'constructor',
    'a long word': 'a'.repeat(100_000),
    'long combining': `a${'\u0301'.repeat(10_000)}`,
    'a wildcard': '*',
    'a reference': '@x',
  }).map(([name, text]) => [name, bytes(text)] as const),
];

/** Where it is put. `x` stands for it, and is what a tame policy has there. */
const UPLINK = 'uplink dsl dev eth3 gateway 192.0.2.1\n';
const PLACES: Readonly<Record<string, string>> = {
  'the name of an uplink': 'uplink ax dev eth2\nroute via ax\n',
  'its quoted name': 'uplink "ax" dev eth2\nroute via "ax"\n',
  'all of its quoted name': 'uplink "x" dev eth2\nroute via "x"\n',
  'a device': 'uplink a dev "ex"\nroute via a\n',
  'all of a device': 'uplink a dev "x"\nroute via a\n',
  'a device without a declaration': 'route via "pppx"\n',
  'a device of arrival': `${UPLINK}route in "ex" via dsl\n`,
  'a bare device of arrival': `${UPLINK}route in ex via dsl\n`,
  'the name of a set': `set ax = 1\n${UPLINK}`,
  'a reference': `set ax = 1\n${UPLINK}route tcp @ax via dsl\n`,
  'a comment': `# x\n${UPLINK}route via dsl # x\n`,
  'a quoted value': `${UPLINK}route from "192.0.2.1" via dsl # "x"\nset a = "x"\n`,
  'an address': `${UPLINK}route from 192.0.2.1x via dsl\n`,
  'a port': `${UPLINK}route tcp "80x" via dsl\n`,
  'an address to translate to': `${UPLINK}route via dsl snat 192.0.2.9x\n`,
  'a gateway': 'uplink a dev eth2 gateway "192.0.2.1x"\n',
  'an option': `option priority "7000x"\n${UPLINK}`,
  'the name of an option': `option priorityx 7000\n${UPLINK}`,
  'a path': `include "x"\nset l from "x"\n${UPLINK}`,
  'a control group': `${UPLINK}route local cgroup "ax" via dsl\n`,
  'a user': `${UPLINK}route local user "ax" via dsl\n`,
  'a domain': `${UPLINK}set d domains "ax.example"\n`,
  'a URL': 'uplink a dev eth2 check http "http://192.0.2.1/x"\n',
  'an expectation': `${UPLINK}expect via "dslx"\n`,
  'a forward': `${UPLINK}forward tcp 80 on dsl to 192.168.0.1x:80\n`,
  'before a statement': `x${UPLINK}`,
  'behind a statement': `${UPLINK.trimEnd()} x\n`,
};

const put = (place: string, what: Uint8Array): Uint8Array =>
  Buffer.concat(
    place
      .split(/x(?!y)/)
      .flatMap((part, index) => (index === 0 ? [bytes(part)] : [what, bytes(part)])),
  );

/** Nothing that a terminal obeys, turns round or does not show, but the ends of lines. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?!\ufe0f)\p{Default_Ignorable_Code_Point}/u;

const LIST = bytes('192.0.2.1\n');
const read: Read = (path) => {
  expect(path).not.toMatch(/[\u0000-\u001f\u007f]/);
  return { bytes: LIST, quotable: true };
};
function expectHarmless(policy: Uint8Array, files: Read = read): Compiled {
  const out = compile({ name: 'p.route', base: 'p', bytes: policy }, files, undefined);
  const errors = out.diagnostics.filter(({ severity }) => severity === 'error');
  expect(errors.length === 0).toBe(out.artefacts.length > 0);
  for (const shown of [renderPretty, renderConcise, renderJson].map((as) => as(out.diagnostics))) {
    expect(UNSEEN.exec(shown)).toBeNull();
    expect(shown.length).toBeLessThan(20_000);
    expect(shown.split('\n').filter(({ length }) => length >= 1000)).toEqual([]);
  }
  expect(renderConcise(out.diagnostics).split('\n')).toHaveLength(out.diagnostics.length + 1);
  expect(out.artefacts.filter(({ text }) => !/^[\n\t -~]*\n$/.test(text))).toEqual([]);
  return out;
}

/** How many lines each artefact has: what is put into one place can add none. */
const shape = ({ artefacts }: Compiled): string =>
  artefacts
    .map(({ text }) => text.split('\n').length)
    .sort()
    .join();

describe.each(Object.entries(PLACES))('in %s', (_, place) => {
  const tame = expectHarmless(put(place, bytes('b')));

  it.each(HOSTILE)('%s is an error, or does no harm', (_name, what) => {
    const out = expectHarmless(put(place, what));
    if (out.artefacts.length === 0 || tame.artefacts.length === 0) return;
    // Unquoted, `ex*` is another match; each has a form of its own.
    const wildcard = place.includes(' in ex') && Buffer.from(what).toString() === '*';
    expect(shape(out) === shape(tame)).toBe(!wildcard);
  });
});

describe('in a list', () => {
  const list =
    (text: Uint8Array): Read =>
    () => ({ bytes: text, quotable: true });
  const policy = bytes(`set l from "l"\n${UPLINK}route from @l via dsl\n`);
  const tame = shape(expectHarmless(policy, list(bytes('192.0.2.1\n192.0.2.7\n'))));

  it.each(HOSTILE)('%s is an error, or does no harm', (_name, what) => {
    for (const [before, after] of [
      ['192.0.2.1\n', '\n192.0.2.7\n'],
      ['192.0.2.1 # ', '\n192.0.2.7\n'],
    ] as const) {
      const text = Buffer.concat([bytes(before), what, bytes(after)]);
      const out = expectHarmless(policy, list(text));
      if (out.artefacts.length > 0) expect(shape(out)).toBe(tame);
    }
  });
});

describe('text that is shown in another order than it is read in', () => {
  const kinds = (policy: string, list = ''): string[] =>
    compile(
      { name: 'p.route', base: 'p', bytes: bytes(policy) },
      () => ({ bytes: bytes(list), quotable: true }),
      undefined,
    ).diagnostics.map(({ slug }) => slug);

  it('is a warning in comments of policies and lists', () => {
    expect(kinds('route via drop # \u202e\n')).toEqual(['turned-text']);
    expect(kinds('# \u2067 x\nroute via drop\n')).toEqual(['turned-text']);
    expect(
      kinds('set l from "l"\nroute from @l via drop\n', '10.0.0.0/8 # \u2066\n# \u202d\n'),
    ).toEqual(['turned-text']);
  });

  it('is an error where nothing but ASCII may stand, and then only that', () => {
    expect(kinds('route \u202e via drop\n')).toEqual(['unexpected-character']);
  });

  it('is no matter of letters that are written from the right', () => {
    expect(kinds('route via drop # \u05e9\u05dc\u05d5\u05dd\n')).toEqual([]);
  });
});
