import fc from 'fast-check';
import { expect, it } from 'vitest';
import { understand } from '../compile.ts';
import { lowerQuestion } from '../policy/lower-question.ts';
import { evaluate } from './evaluate.ts';
import { holds } from './packet.ts';
import { regionsOf } from './regions.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 150) };

const pick = (...texts: string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);
const addresses = pick('192.168.0.0/24', '192.168.0.8/29', '192.168.0.10', 'fd00::/64', 'fd00::10');
const matches = fc
  .tuple(
    pick('', 'local', 'in lan0', 'in not lan0', 'in dsl', 'in lan0, dsl', 'in lan*'),
    fc.oneof(
      fc.constant(''),
      addresses.map((each) => `from ${each}`),
    ),
    fc.oneof(
      fc.constant(''),
      addresses.map((each) => `to not ${each}`),
    ),
    pick(
      '',
      'tcp',
      'tcp 80',
      'tcp not 80',
      'tcp,udp 53-80',
      'udp 53 sport 53',
      'not tcp',
      'icmp 8',
    ),
    pick('', '', 'dscp ef', 'mark 0x1/0x3', 'mark not 0x1/0x3'),
  )
  .map((parts) => parts.filter((part) => part !== '').join(' '));
const target = pick('dsl', 'cable', 'dsl else cable', 'main', 'drop', 'balance dsl, cable');
const rule = fc.tuple(matches, target).map(([match, via]) => `route ${match} via ${via}`);

const HEAD = 'uplink cable dev eth2 masquerade\nuplink dsl dev eth3 masquerade\n';
const source = (text: string) => ({ name: '<packet>', text, quotable: true });

it('parts a question as `evaluate` decides its packets, and leaves none out', () => {
  let asked = 0;
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 6 }), matches, matches, (rules, wide, narrow) => {
      const read = (text: string) => {
        const bytes = new TextEncoder().encode(HEAD + rules.join('\n'));
        const question = { packet: source(text), downs: [] };
        const { policy, program } = understand(
          { name: 'p.route', base: 'p', bytes },
          () => ({ refused: '' }),
          undefined,
          'nft',
          question,
        );
        if (program === undefined || policy.question === undefined) return undefined;
        const { conditions } = policy.question;
        return { program, ...regionsOf(program, lowerQuestion(conditions, program), new Set()) };
      };
      const whole = read(wide);
      const part = read(narrow);
      if (whole === undefined) return;
      expect(whole.complete).toBe(true);
      for (const { packet, rule: decides, box } of whole.regions) {
        asked += 1;
        expect(holds(box, packet)).toBe(true);
        expect(evaluate(whole.program, packet, new Set()).rule).toBe(decides);
        expect(whole.regions.filter((each) => holds(each.box, packet))).toHaveLength(1);
      }
      // Packets from elsewhere lie in the region of their rule, or were never asked about.
      for (const { packet } of part?.regions ?? []) {
        const [found, ...more] = whole.regions.filter((each) => holds(each.box, packet));
        expect(more).toEqual([]);
        if (found === undefined || found.packet.local !== packet.local) continue;
        expect(evaluate(whole.program, packet, new Set()).rule).toBe(found.rule);
      }
    }),
    RUNS,
  );
  expect(asked).toBeGreaterThan(100);
});
