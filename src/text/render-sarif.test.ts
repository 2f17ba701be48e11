import fc from 'fast-check';
import * as v from 'valibot';
import { expect, it } from 'vitest';
import { at, type Diagnostic, diagnose, type Kind } from './diagnostic.ts';
import { renderSarif } from './render-sarif.ts';
import { type Source, type Span, startsOf } from './source.ts';

// What the schema of SARIF 2.1.0 asks of the parts that are used here; nothing else may be there.
const message = v.strictObject({ text: v.string() });
const number = v.pipe(v.number(), v.integer(), v.minValue(1));
const region = v.pipe(
  v.strictObject({ startLine: number, startColumn: number, endLine: number, endColumn: number }),
  v.check(
    (its) =>
      its.startLine < its.endLine ||
      (its.startLine === its.endLine && its.startColumn <= its.endColumn),
    'it ends before it begins',
  ),
);
/** RFC 3986: a URI or a relative reference, of characters that one may have. */
const uri = v.pipe(
  v.string(),
  v.regex(/^(?:file:\/\/\/|(?!\/))(?:[A-Za-z0-9/!'()*._~-]|%[0-9A-F]{2})*$/),
);
const artifactLocation = v.strictObject({ uri });
const physicalLocation = v.strictObject({ artifactLocation, region });
const level = v.picklist(['error', 'warning', 'note']);
const log = v.strictObject({
  $schema: v.literal('https://json.schemastore.org/sarif-2.1.0.json'),
  version: v.literal('2.1.0'),
  runs: v.tuple([
    v.strictObject({
      tool: v.strictObject({
        driver: v.strictObject({
          name: v.literal('routec'),
          semanticVersion: v.string(),
          rules: v.array(
            v.strictObject({
              id: v.pipe(v.string(), v.regex(/^RC\d{3}$/)),
              name: v.string(),
              defaultConfiguration: v.strictObject({ level }),
              shortDescription: v.optional(message),
              help: v.optional(v.strictObject({ text: v.string(), markdown: v.string() })),
            }),
          ),
        }),
      }),
      columnKind: v.literal('unicodeCodePoints'),
      results: v.array(
        v.strictObject({
          ruleId: v.string(),
          ruleIndex: v.pipe(v.number(), v.integer(), v.minValue(0)),
          level,
          message,
          locations: v.tuple([v.strictObject({ physicalLocation })]),
          relatedLocations: v.optional(
            v.pipe(
              v.array(
                v.strictObject({ id: number, physicalLocation, message: v.optional(message) }),
              ),
              v.minLength(1),
            ),
          ),
          fixes: v.optional(
            v.tuple([
              v.strictObject({
                description: message,
                artifactChanges: v.tuple([
                  v.strictObject({
                    artifactLocation,
                    replacements: v.pipe(
                      v.array(
                        v.strictObject({
                          deletedRegion: region,
                          insertedContent: v.strictObject({ text: v.string() }),
                        }),
                      ),
                      v.minLength(1),
                    ),
                  }),
                ]),
              }),
            ]),
          ),
        }),
      ),
    }),
  ]),
});
type Log = v.InferOutput<typeof log>;

const error: Kind = { code: 'RC201', slug: 'bad-address', severity: 'error', title: 'no address' };
const warning: Kind = { ...error, code: 'RC113', slug: 'implicit-uplink', severity: 'warning' };
const sourceOf = (text: string, name = 'policy.route', quotable = true): Source => ({
  name,
  text,
  quotable,
});
const span = (source: Source, start: number, end: number): Span => ({ source, start, end });

/** What is rendered, once it is sound. */
function rendered(diagnostics: readonly Diagnostic[]): Log['runs'][0] {
  const text = renderSarif(diagnostics, '1.2.3', (code) =>
    code === 'RC201' ? { title: 'no address', page: '# RC201' } : undefined,
  );
  const [run] = v.parse(log, JSON.parse(text)).runs;
  for (const { ruleId, ruleIndex } of run.results) {
    expect(run.tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
  }
  return run;
}

/** The text that a region names, as a reader of SARIF counts it. */
function textAt(source: Source, its: v.InferOutput<typeof region>): string {
  const offset = (line: number, column: number): number => {
    const start = startsOf(source)[line - 1] as number;
    return start + [...source.text.slice(start)].slice(0, column - 1).join('').length;
  };
  const [from, to] = [
    offset(its.startLine, its.startColumn),
    offset(its.endLine, its.endColumn),
  ] as const;
  return source.text.slice(from, to);
}

it('has a rule a code, and a result a finding', () => {
  const source = sourceOf('\ud83d\ude00 bad\nother\n');
  const { tool, results } = rendered([
    diagnose(error, 'm', [at(span(source, 3, 6), 'here'), at(span(source, 7, 12), 'there')], 'h'),
    diagnose(warning, 'w', [at(span(source, 7, 12))]),
    diagnose(error, 'again', [at(span(source, 7, 12)), at(span(source, 3, 6))]),
  ]);
  expect(tool.driver.semanticVersion).toBe('1.2.3');
  expect(tool.driver.rules).toEqual([
    { id: 'RC113', name: 'implicit-uplink', defaultConfiguration: { level: 'warning' } },
    {
      id: 'RC201',
      name: 'bad-address',
      defaultConfiguration: { level: 'error' },
      shortDescription: { text: 'no address' },
      help: { text: '# RC201', markdown: '# RC201' },
    },
  ]);
  const place = (line: number, startColumn: number, endColumn: number) => ({
    artifactLocation: { uri: 'policy.route' },
    region: { startLine: line, startColumn, endLine: line, endColumn },
  });
  expect(results).toMatchObject([
    {
      ruleId: 'RC201',
      level: 'error',
      message: { text: 'm\nh' },
      locations: [{ physicalLocation: place(1, 3, 6) }],
      relatedLocations: [{ id: 1, physicalLocation: place(2, 1, 6), message: { text: 'there' } }],
    },
    { ruleId: 'RC113', level: 'warning', message: { text: 'w' } },
    { relatedLocations: [{ id: 1 }] },
  ]);
  expect(results[2]?.relatedLocations?.[0]).not.toHaveProperty('message');
});

it('of nothing is a log all the same', () => {
  expect(rendered([])).toMatchObject({ results: [], tool: { driver: { rules: [] } } });
});

it('regions hold what the spans hold, and fixes what they replace', () => {
  const piece = fc.constantFrom('a', 'b', '\t', ' ', '\u4e16', '\ud83d\ude00', '\n', '\r\n');
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 20 }),
      fc.nat(20),
      fc.nat(20),
      (...its) => {
        const [pieces, a, b] = its;
        const source = sourceOf(pieces.join(''));
        const [start, end] = [a, b]
          .map((count) => pieces.slice(0, count).join('').length)
          .sort((one, other) => one - other) as [number, number];
        const place = span(source, start, end);
        const fix = { title: 'take it out', edits: [{ span: place, text: 'x\ny' }] as const };
        const { results } = rendered([diagnose(error, 'm', [at(place)], undefined, fix)]);
        const [result] = results;
        const its_ = result?.locations[0].physicalLocation.region;
        const written = source.text.slice(start, end);
        expect(its_ && textAt(source, its_)).toBe(written.replace(/\r?\n$/, ''));
        const [change] = result?.fixes?.[0].artifactChanges ?? [];
        const [replacement] = change?.replacements ?? [];
        expect(change?.artifactLocation.uri).toBe('policy.route');
        expect(replacement?.insertedContent.text).toBe('x\ny');
        expect(replacement && textAt(source, replacement.deletedRegion)).toBe(written);
      },
    ),
  );
});

it.each([
  ['policy.route', 'policy.route'],
  ['../other site/policy.route', '../other%20site/policy.route'],
  ['/etc/routec/policy.route', 'file:///etc/routec/policy.route'],
  ['c:/x#y?z', 'c%3A/x%23y%3Fz'],
  ['<stdin>', '%3Cstdin%3E'],
  ['\u00e9\ud800\u0000%', '%C3%A9%EF%BF%BD%00%25'],
])('names the file %j as %s', (name, uri_) => {
  const { results } = rendered([diagnose(error, 'm', [at(span(sourceOf('x', name), 0, 1))])]);
  expect(results[0]?.locations[0].physicalLocation.artifactLocation.uri).toBe(uri_);
});

it('never quotes a file that must not be quoted', () => {
  const [one, secret] = [sourceOf('x'), sourceOf('secret', '/etc/shadow', false)];
  const fix = { title: 'secret', edits: [{ span: span(one, 0, 1), text: 'secret' }] as const };
  const labels = [at(span(one, 0, 1), 'secret'), at(span(secret, 0, 6), 'secret')] as const;
  const text = renderSarif(
    [diagnose(error, 'secret', [...labels], 'secret', fix)],
    '1.2.3',
    () => undefined,
  );
  expect(text).not.toContain('secret');
  expect(text).toContain('file:///etc/shadow');
});

it('shows a terminal no control character', () => {
  const source = sourceOf('x');
  const text = renderSarif(
    [diagnose(error, 'a\u009b31m\u202e\u001b[0m', [at(span(source, 0, 1))])],
    '1.2.3',
    () => undefined,
  );
  expect(text).toMatch(/^[\n -~]*$/);
});
