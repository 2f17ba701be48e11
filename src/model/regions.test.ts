import fc from 'fast-check';
import { expect, it } from 'vitest';
import { understand } from '../compile.ts';
import { lowerQuestion } from '../policy/lower-question.ts';
import { evaluate } from './evaluate.ts';
import { holds } from './packet.ts';
import type { Box } from './program.ts';
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
      pick('to 198.51.100.2', 'to 198.51.100.2, 203.0.113.80', 'to 2001:db8::2', 'to 192.0.2.2'),
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

const HEAD = `uplink cable dev eth2 address 192.0.2.2/24 masquerade
uplink dsl dev eth3 address 198.51.100.2, 2001:db8::2/64 masquerade
forward tcp 80 on dsl to 192.168.0.10:8080
forward tcp,udp 53-80 on cable, dsl to 192.168.0.11:53
`;
const isNamed = ({ destination = [] }: Box): boolean =>
  destination.length > 0 && destination.every(([low, high]) => low === high);
const source = (text: string) => ({ name: '<packet>', text, quotable: true });

it('parts a question as `evaluate` decides its packets, and leaves none out', () => {
  let [asked, led] = [0, 0];
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
      for (const { packet, rule: decides, forward, box } of whole.regions) {
        asked += 1;
        if (forward !== undefined) led += 1;
        expect(holds(box, packet)).toBe(true);
        const { rule, here, forwards } = evaluate(whole.program, packet, new Set());
        expect(rule).toBe(decides);
        expect(here ? forwards[0] : undefined).toBe(forward);
        expect(whole.regions.filter((each) => holds(each.box, packet))).toHaveLength(1);
      }
      // Packets from elsewhere lie in the region of their rule, or were never asked about.
      for (const { packet } of part?.regions ?? []) {
        const [found, ...more] = whole.regions.filter((each) => holds(each.box, packet));
        expect(more).toEqual([]);
        if (found === undefined || found.packet.local !== packet.local) continue;
        const { rule, here, forwards } = evaluate(whole.program, packet, new Set());
        // What leaves its destination open is about all but what is sent to the router itself.
        if (here && !isNamed(found.box)) continue;
        expect(rule).toBe(found.rule);
        expect(here ? forwards[0] : undefined).toBe(found.forward);
      }
    }),
    RUNS,
  );
  expect(asked).toBeGreaterThan(100);
  expect(led).toBeGreaterThan(0);
});
