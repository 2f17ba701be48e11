import fc from 'fast-check';
import { expect, it } from 'vitest';
import { understand } from '../compile.ts';
import { lowerQuestion } from '../policy/lower-question.ts';
import { evaluate } from './evaluate.ts';
import { holds } from './packet.ts';
import { isOwnLink } from './question.ts';
import { regionsOf } from './regions.ts';
import { OWN_LINK, type Spared } from './spared.ts';

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
      pick(
        'to 192.0.2.2, 192.0.2.3',
        'to 192.0.2.0/29',
        'to 192.0.2.3, 192.0.2.9',
        'to 224.0.0.5',
        'to ff02::1, fd00::9',
      ),
    ),
    pick(
      '',
      'tcp',
      'tcp 80',
      'tcp not 80',
      'tcp,udp 53-80',
      'udp 53 sport 53',
      'udp 67 sport 68',
      'not tcp',
      'icmp 8',
    ),
    pick('', '', 'dscp ef', 'mark 0x1/0x3', 'mark not 0x1/0x3'),
  )
  .map((parts) => parts.filter((part) => part !== '').join(' '));
const target = pick('dsl', 'cable', 'dsl else cable', 'main', 'drop', 'balance dsl, cable');
const rule = fc.tuple(matches, target).map(([match, via]) => `route ${match} via ${via}`);

const HEAD = `uplink cable dev eth2 address 192.0.2.2/24, 192.0.2.3/24 masquerade
uplink dsl dev eth3 address 198.51.100.2, 2001:db8::2/64 masquerade
forward tcp 80 on dsl to 192.168.0.10:8080
forward tcp,udp 53-80 on cable, dsl to 192.168.0.11:53
`;
const source = (text: string) => ({ name: '<packet>', text, quotable: true });

it('parts a question as `evaluate` decides its packets, and leaves none out', () => {
  let [asked, led] = [0, 0];
  const unasked = new Set<Spared>();
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
        const { rule, spared, forwards } = evaluate(whole.program, packet, new Set());
        expect(rule).toBe(decides);
        expect(spared === 'here' ? forwards[0] : undefined).toBe(forward);
        if (spared !== undefined) unasked.add(spared);
        expect(whole.regions.filter((each) => holds(each.box, packet))).toHaveLength(1);
      }
      // Packets from elsewhere lie in the region of their rule, or were never asked about.
      for (const { packet } of part?.regions ?? []) {
        const [found, ...more] = whole.regions.filter((each) => holds(each.box, packet));
        expect(more).toEqual([]);
        if (found === undefined || found.packet.local !== packet.local) continue;
        // What asks for more than DHCP is about all but the router's own.
        const isOwn = OWN_LINK[packet.family].some((box) => holds(box, packet));
        if (isOwn && !isOwnLink(found.box)) continue;
        const { rule, spared, forwards } = evaluate(whole.program, packet, new Set());
        expect(rule).toBe(found.rule);
        expect(spared === 'here' ? forwards[0] : undefined).toBe(found.forward);
      }
    }),
    RUNS,
  );
  expect(asked).toBeGreaterThan(100);
  expect(led).toBeGreaterThan(0);
  expect(unasked).toEqual(new Set(['here', 'link']));
});
