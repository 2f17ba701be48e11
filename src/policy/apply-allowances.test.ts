import { describe, expect, it } from 'vitest';
import { type Compiled, check, compile } from '../compile.ts';
import { applyFixes } from '../text/apply-fixes.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import { renderConcise } from '../text/render-concise.ts';
import { renderPretty } from '../text/render-pretty.ts';
import { positionOf } from '../text/source.ts';
import type { Read } from './load.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const entry = (text: string) => ({ name: 'policy.route', base: 'policy', bytes: encode(text) });
const nothing: Read = () => ({ refused: 'there is no such file' });

const UPLINK = 'uplink dsl dev eth3 gateway 192.0.2.1\n';
/** Without a word about the family, so that `no-way` is found. */
const WARNS = 'route tcp 80 via dsl';

const places = (diagnostics: readonly Diagnostic[]): string[] =>
  diagnostics.map(({ slug, labels: [{ span }] }) => {
    const { line } = positionOf(span.source, span.start);
    return `${span.source.name}:${line} ${slug}`;
  });
const found = (text: string, read = nothing): string[] =>
  places(check(entry(text), read, undefined).diagnostics);

describe('an allowance', () => {
  it.each([
    'no-way',
    'RC225',
    'rc225',
    'NO-WAY',
    'RC225,RC225',
    'no-way  # because',
    'no-way#because: a, b',
  ])('by code or slug: %s', (kinds) => {
    expect(found(`${UPLINK}${WARNS} # routec: allow ${kinds}\n`)).toEqual([]);
    expect(found(`${UPLINK}${WARNS} # because # routec: allow ${kinds}`)).toEqual([]);
    expect(found(`${UPLINK}${WARNS}\t#routec:allow ${kinds}\r\n`)).toEqual([]);
  });

  it.each([
    'routec: allow',
    'routec: allow ,',
    'routec: allow no-way,',
    'routec: allow no-way RC505',
    'routec: allow no-way; because',
    'routec: deny no-way',
    'routec:',
    'routec: ALLOW no-way',
  ])('of another form is reported, and allows nothing: # %s', (text) => {
    expect(found(`${UPLINK}${WARNS} # ${text}`)).toEqual([
      'policy.route:2 no-way',
      'policy.route:2 bad-allowance',
    ]);
  });

  it('that only looks like one is a comment', () => {
    const lines = ['# allow no-way', '# see routec: allow no-way', '# routec allow no-way'];
    for (const line of lines) {
      expect(found(`${UPLINK}${WARNS} ${line}`)).toEqual(['policy.route:2 no-way']);
    }
    const read: Read = () => ({ bytes: encode('192.0.2.1 # routec: allow x\n'), quotable: true });
    expect(found('set x from "# routec: allow y"\nroute to @x via drop', read)).toEqual([]);
  });

  it('holds for its own statement, each of whose lines may carry it, and for no other', () => {
    const lines = Array.from({ length: 200 }, (_, index) =>
      index % 3 === 0
        ? `route tcp {\n  ${index}, # routec: allow no-way\n} \\\n  via dsl`
        : `route tcp ${index} via dsl${index % 3 === 1 ? ' # routec: allow no-way' : ''}`,
    );
    const { diagnostics } = check(entry(UPLINK + lines.join('\n')), nothing, undefined);
    const expected = lines.filter((_, index) => index % 3 === 2);
    const texts = diagnostics.map(({ labels: [{ span }] }) => {
      return span.source.text.split('\n')[positionOf(span.source, span.start).line - 1];
    });
    expect(texts).toEqual(expected);
  });

  it('above the statement, or below it, is reported with the finding', () => {
    expect(found(`${UPLINK}# routec: allow no-way\n${WARNS}\n# routec: allow no-way`)).toEqual([
      'policy.route:2 unused-allowance',
      'policy.route:3 no-way',
      'policy.route:4 unused-allowance',
    ]);
  });

  it('in an included file holds there', () => {
    const read: Read = () => ({
      bytes: encode(`\n${WARNS.replace('tcp 80', 'tcp 81')} # routec: allow no-way\n`),
      quotable: true,
    });
    expect(found(`${UPLINK}${WARNS}\ninclude "more.route"\n`, read)).toEqual([
      'policy.route:2 no-way',
    ]);
  });

  it('can not be of an error, which stands all the same', () => {
    expect(found(`${UPLINK}route via dls # routec: allow unknown-uplink`)).toEqual([
      'policy.route:2 unknown-uplink',
      'policy.route:2 bad-allowance',
    ]);
    expect(found('foo # routec: allow RC005')).toEqual([
      'policy.route:1 unexpected-word',
      'policy.route:1 bad-allowance',
    ]);
  });

  it('can not be of what is about no statement', () => {
    for (const kind of ['bad-allowance', 'RC502', 'not-formatted']) {
      expect(found(`${UPLINK}route via drop # routec: allow ${kind}`)).toEqual([
        'policy.route:2 bad-allowance',
      ]);
    }
  });

  it('that nothing needs is only reported of a policy without errors', () => {
    const unused = `${UPLINK}route ipv4 tcp 80 via dsl # routec: allow no-way\n`;
    expect(found(unused)).toEqual(['policy.route:2 unused-allowance']);
    expect(found(`${unused}foo`)).toEqual(['policy.route:3 unexpected-word']);
  });

  it('of what more than the text decides is never called unused', () => {
    expect(found('option priority 7000 # routec: allow guard-changed, RC216, RC406\n')).toEqual([]);
  });

  it("of a backend's finding is needed where that is compiled for", () => {
    const balance =
      'uplink a dev ppp0\nuplink b dev ppp1\nroute ipv4 tcp 80 via balance a 50, b 17 by source';
    const warnings = (text: string) =>
      places(check(entry(text), nothing, undefined, 'iptables').diagnostics);
    expect(warnings(balance)).toEqual(['policy.route:3 iptables-rounds']);
    expect(warnings(`${balance} # routec: allow iptables-rounds`)).toEqual([]);
    expect(found(`${balance} # routec: allow iptables-rounds`)).toEqual([]);
  });

  it('is no part of the statement: all artefacts and ids stay', () => {
    const without = ({ artefacts }: Compiled) => artefacts.map(({ text }) => text);
    const [bare, allowed] = [`${UPLINK}${WARNS}\n`, `${UPLINK}${WARNS} # routec: allow no-way\n`];
    expect(without(compile(entry(allowed), nothing, undefined))).toEqual(
      without(compile(entry(bare), nothing, undefined)),
    );
    expect(compile(entry(allowed), nothing, undefined).diagnostics).toEqual([]);
    expect(compile(entry(bare), nothing, undefined).diagnostics).toHaveLength(1);
  });

  it('in a file that must not be quoted is not', () => {
    const secret = 'hunter2';
    const bytes = encode(
      `${WARNS} # routec: allow ${secret}, no-way, RC505, RC101\n# routec: ${secret}`,
    );
    const read: Read = () => ({ bytes, quotable: false });
    const { diagnostics } = check(entry(`${UPLINK}include "/x"`), read, undefined);
    expect(places(diagnostics)).toEqual([
      '/x:1 bad-allowance',
      '/x:1 unused-allowance',
      '/x:1 bad-allowance',
      '/x:2 bad-allowance',
    ]);
    expect(renderPretty(diagnostics) + renderConcise(diagnostics)).not.toContain(secret);
    expect(diagnostics.every(({ fix }) => fix === undefined)).toBe(true);
  });
});

describe('an allowance that nothing needs is taken out', () => {
  it.each([
    ['# routec: allow no-way', ''],
    ['  \t # routec: allow no-way, RC505  ', '  '],
    ['# because # routec: allow no-way', ' # because'],
    ['# routec: allow no-way # because', ' # because'],
    ['# a # routec: allow no-way # b # c', ' # a # b # c'],
    ['# routec: allow RC101', ''],
  ])('%j', (comment, left) => {
    const line = 'route ipv4 tcp 80 via dsl';
    const { diagnostics } = check(entry(`${UPLINK}${line} ${comment}\n`), nothing, undefined);
    const { count, texts } = applyFixes(diagnostics);
    expect(count).toBe(1);
    expect([...texts.values()]).toEqual([`${UPLINK}${line}${left}\n`]);
  });

  it.each([
    ['RC505, no-way', 'no-way'],
    ['no-way,  RC505', 'no-way'],
    ['RC505, no-way, RC503', 'no-way'],
    ['RC101, no-way', 'no-way'],
  ])('and the others stay: %s', (kinds, left) => {
    const { diagnostics } = check(
      entry(`${UPLINK}${WARNS} # a # routec: allow ${kinds} # b\n`),
      nothing,
      undefined,
    );
    expect([...applyFixes(diagnostics).texts.values()]).toEqual([
      `${UPLINK}${WARNS} # a # routec: allow ${left} # b\n`,
    ]);
  });
});
