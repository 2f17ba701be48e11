import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Compiled, compile } from '../compile.ts';
import { regionOf } from '../text/source.ts';

const UPLINKS = [
  'uplink dsl dev eth2 gateway 192.0.2.1 address 192.0.2.2/24 snat 192.0.2.2',
  'uplink cable dev eth3 gateway 198.51.100.1',
  'set a = 10.9.0.0/24, 2001:db8::/32',
];

function said(lines: readonly string[]): unknown {
  const bytes = new TextEncoder().encode([...UPLINKS, ...lines, ''].join('\n'));
  const entry = { name: 'policy.route', base: 'policy', bytes };
  const { diagnostics, artefacts }: Compiled = compile(entry, () => ({ refused: '' }), undefined);
  const findings = diagnostics.map(({ labels, fix, ...finding }) => ({
    ...finding,
    fix: fix?.edits.map(({ span, text }) => ({ ...regionOf(span), text })),
    places: labels.map(({ span, text }) => ({ ...regionOf(span), text })),
  }));
  return { findings, artefacts };
}

/** With a comment behind it, no line is known by its shape. */
const expectSame = (lines: readonly string[]): void => {
  expect(said(lines), lines.join('\n')).toEqual(said(lines.map((line) => `${line} #`)));
};

describe('rules of one shape', () => {
  it.each([
    ['a value twice', 'tcp 1,2 via dsl', 'tcp 3,3 via dsl'],
    ['nothing left', 'not from 10.0.0.0/8 via dsl', 'not from 0.0.0.0/0 via dsl'],
    [
      'what is not',
      'not from 10.0.0.1 to 10.0.0.0/8 via dsl',
      'not from 10.0.0.3 to 11.0.0.0/8 via dsl',
    ],
    ['what has no mark', 'local mark 0 to 10.0.0.1 via dsl', 'local mark 0 to 10.0.0.3 via dsl'],
    [
      'one between them that is read by itself',
      'host 10.0.0.1 tcp 1,2 via dsl',
      'host 10.0.0.3 tcp 4,4 via dsl',
      'host 10.0.0.5 tcp 6,7 via cable',
      'host 10.0.0.7 tcp 8,9 via dsl',
    ],
  ])('are read as each alone would be: %s', (_, ...lines) => {
    expectSame(lines.map((line) => `route ${line}`));
  });

  it('are read as each alone would be', () => {
    const line = fc.constantFrom(
      ...['host V via dsl', 'host V via cable', 'from V to V via dsl else cable', 'to V via main'],
      ...['host V tcp N via dsl snat 192.0.2.9', 'tcp,udp N via balance dsl 2, cable else drop'],
      ...[
        'not from V via dsl',
        'from V,V tcp N,N via cable',
        'host V, V, V via dsl',
        'host V to not V, V via dsl',
        'not to V ipv4 tcp not N via dsl',
        'to V,V in eth0 tcp N via cable else dsl',
        'tcp N,N,N sport N via dsl',
        'tcp N via cable nonat',
        'to @a via dsl',
      ],
      ...[
        'udp sport N in eth0 via cable else dsl',
        'in dsl to V via cable',
        'local to V via cable',
        'local mark N to V via dsl',
      ],
      ...['mark N host V via dsl', 'dscp N from V via dsl', 'from V via eth7', 'proto N via dsl'],
    );
    const address = fc.constantFrom(
      ...['10.0.0.1', '10.0.0.2', '10.1.0.0/16', '10.2.0.0-10.2.0.9', '0.0.0.0/0', '192.0.2.77'],
      ...['2001:db8::1', '2001:db8::/32', '10.0.0.1/32', '10.0.0.1/8', '010.0.0.1', '10.0.0.256'],
    );
    const number = fc.constantFrom('0', '80', '443', '1-9', '9-1', '0-65535', '65536', '08', '6');
    const sound = fc.constantFrom('10.0.0.1', '10.0.0.3', '10.0.0.4', '10.0.0.9', '10.1.0.0/16');
    const rule = fc
      .tuple(
        line,
        fc.array(fc.oneof(sound, sound, address), { minLength: 3, maxLength: 3 }),
        fc.array(fc.oneof(fc.constantFrom('80', '81', '82'), number), {
          minLength: 4,
          maxLength: 4,
        }),
      )
      .map(([text, values, numbers]) => {
        return `route ${text}`
          .replace(/V/g, () => values.shift() as string)
          .replace(/N/g, () => numbers.shift() as string);
      });
    fc.assert(fc.property(fc.array(rule, { maxLength: 12 }), expectSame), { numRuns: 150 });
  });

  it('are each told of what is wrong with all', () => {
    const rules = [1, 2, 33, 4].map(
      (each) => `route to 2001:db8::${each}   via dsl snat 192.0.2.9`,
    );
    const { findings } = said(rules) as { findings: unknown[] };
    expect(findings.length).toBeGreaterThanOrEqual(2 * rules.length);
    expectSame(rules);
  });
});
