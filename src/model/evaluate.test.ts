import { describe, expect, it } from 'vitest';
import { check } from '../compile.ts';
import { scanAddress } from '../net/address.ts';
import { deviceInterval } from '../net/device-name.ts';
import { isFault } from '../net/fault.ts';
import { evaluate } from './evaluate.ts';
import type { Packet } from './packet.ts';

const UPLINKS = `
uplink cable dev eth2 gateway 198.51.100.1, 2001:db8:a::1 masquerade
uplink dsl   dev eth3 gateway 192.0.2.1 snat 192.0.2.2
uplink lte   dev eth4 gateway 203.0.113.1
`;
const ALL = ['cable', 'dsl', 'lte'];

function evaluated(rules: string, packet: Partial<Packet>, up: readonly string[]) {
  const bytes = new TextEncoder().encode(`${UPLINKS}${rules}\n`);
  const { program, diagnostics } = check(
    { name: 'p.route', base: 'p', bytes },
    () => ({ refused: '' }),
    undefined,
  );
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join());
  return { program, evaluation: evaluate(program, { ...WEB, ...packet }, new Set(up)) };
}

/** What becomes of a packet, as words: outcomes with their shares, and the line that decides. */
function told(rules: string, packet: Partial<Packet> = {}, up: readonly string[] = ALL): string[] {
  const { program, evaluation } = evaluated(rules, packet, up);
  const { rule, others, outcomes } = evaluation;
  return [
    `${rule?.text ?? 'no rule'}${others.length === 0 ? '' : ` (${others.length} more)`}`,
    ...outcomes.map(({ outcome, share }) => {
      const part = share === 1 ? '' : `${Math.round(share * 100)} % `;
      if (outcome.kind === 'main') return outcome.slot === undefined ? 'main' : 'main, back';
      if (outcome.kind !== 'uplink') return `${part}${outcome.kind}`;
      const slot = program.slots.find(({ number }) => number === outcome.slot);
      return `${part}${outcome.uplink.name} ${outcome.nat.kind}, as ${slot?.key}`;
    }),
  ];
}

/** The `ip rule` that decides, by the place in its slot's or by its priority, and who is passed over. */
function rulesOf(
  rules: string,
  packet: Partial<Packet> = {},
  up: readonly string[] = ALL,
): string[] {
  const { evaluation } = evaluated(rules, packet, up);
  return evaluation.outcomes.map(({ outcome: { marked, priority, passed } }) => {
    const place = marked?.priorities.indexOf(priority ?? 0) ?? -1;
    const rule = place < 0 ? (priority ?? 'main') : `${marked?.key} +${place}`;
    return [rule, ...passed.map(({ uplink, why }) => `not ${uplink.name} (${why})`)].join(', ');
  });
}

const address = (text: string): number | bigint => {
  const scanned = scanAddress(text);
  if (isFault(scanned)) throw new Error(scanned.fault);
  return scanned.value.value;
};
const WEB: Packet = {
  family: 4,
  local: false,
  device: deviceInterval('lan0', false)[0],
  source: address('192.168.0.228'),
  destination: address('203.0.113.80'),
  protocol: 6,
  sourcePort: 40000,
  port: 80,
  dscp: 0,
  mark: 0,
};
const FROM_DSL = { device: deviceInterval('eth3', false)[0] };
const SIX = { family: 6, source: address('fd00::1'), destination: address('2001:db8::1') } as const;

describe('evaluate', () => {
  it('takes the first rule that fits, and names the others', () => {
    const rules = 'route tcp 81 via lte\nroute tcp 80 via dsl\nroute tcp via cable';
    expect(told(rules)).toEqual(['route tcp 80 via dsl (1 more)', 'dsl snat, as dsl']);
    expect(told(rules, { protocol: 17 })).toEqual(['no rule', 'main']);
  });

  it('takes the NAT of the rule, and the slot that goes with it', () => {
    expect(told('route via dsl masquerade')[1]).toBe('dsl masquerade, as dsl masquerade');
    expect(told('route ipv4 via lte')[1]).toBe('lte none, as lte');
  });

  it('goes nowhere while its uplink is down, or has no way for the family', () => {
    expect(told('route via dsl', {}, ['cable'])[1]).toBe('unreachable');
    expect(told('route via dsl', SIX)[1]).toBe('unreachable');
  });

  it.each([
    [ALL, 'dsl snat, as dsl'],
    [['lte'], 'lte none, as lte'],
    [[], 'reject'],
  ])('takes the first uplink that is up: %s', (up, outcome) => {
    expect(told('route via dsl else lte else reject', {}, up)[1]).toBe(outcome);
  });

  it('passes an uplink over that has no way for the family', () => {
    expect(told('route via dsl else cable', SIX)[1]).toBe('cable masquerade, as cable');
  });

  it.each([
    ['main', 'main'],
    ['drop', 'drop'],
  ])('ends in %s', (end, outcome) => {
    expect(told(`route via dsl else ${end}`, {}, [])[1]).toBe(outcome);
  });

  it('divides a balance, and gives the part of one that is down to the others', () => {
    const rule = 'route ipv4 via balance cable 3, dsl 1';
    expect(told(rule).slice(1)).toEqual([
      '75 % cable masquerade, as cable',
      '25 % dsl snat, as dsl',
    ]);
    expect(told(rule, {}, ['dsl']).slice(1)).toEqual([
      '75 % dsl snat, as dsl',
      '25 % dsl snat, as dsl',
    ]);
  });

  it('asks the rules for what the router sends itself', () => {
    const rules = 'route via dsl\nroute local user 0 via lte';
    expect(told(rules, { local: true, user: 0 })[1]).toBe('lte none, as lte');
    expect(told(rules, { local: true, user: 1 })[1]).toBe('main');
  });

  it('says which `ip rule` decides, and who was passed over', () => {
    const rules = 'route tcp 80 via dsl else lte else drop\nroute tcp 81 via reject';
    expect(rulesOf(rules)).toEqual(['dsl else lte or drop +0']);
    expect(rulesOf(rules, {}, ['lte'])).toEqual(['dsl else lte or drop +1, not dsl (down)']);
    const all = 'not dsl (down), not lte (down)';
    expect(rulesOf(rules, {}, [])).toEqual([`dsl else lte or drop +3, ${all}`]);
    expect(rulesOf(rules, { local: true }, [])).toEqual(['main']);
    const six = rulesOf('route via dsl else cable', SIX);
    expect(six).toEqual(['dsl else cable +1, not dsl (family)']);
    expect(rulesOf(rules, { port: 81 })).toEqual(['6898']);
    expect(rulesOf('route local via reject', { local: true })).toEqual(['6896']);
    expect(rulesOf('route via dsl', {}, [])).toEqual(['6999, not dsl (down)']);
    expect(rulesOf('route local via dsl', { local: true }, [])).toEqual(['6998, not dsl (down)']);
    expect(rulesOf('route local via dsl else drop', { local: true }, [])).toEqual([
      'dsl or drop +1, not dsl (down)',
    ]);
  });

  it('leaves alone what the router itself sends with the mark of another program', () => {
    expect(told('route local via lte', { local: true })[1]).toBe('lte none, as lte');
    expect(told('route local via lte', { local: true, mark: 1 })).toEqual(['no rule', 'main']);
  });

  it('asks of what an uplink brings only the rules that name it', () => {
    const rules = 'route tcp 80 via cable\nroute in dsl tcp 80 via lte else cable';
    expect(told(rules, FROM_DSL)).toEqual([
      'route in dsl tcp 80 via lte else cable',
      'lte none, as dsl inbound to lte',
    ]);
    expect(told(rules, FROM_DSL, ['cable'])[1]).toBe('cable masquerade, as dsl inbound to cable');
    expect(told(rules, { ...FROM_DSL, port: 81 })).toEqual(['no rule', 'main, back']);
    expect(told(rules, { ...FROM_DSL, ...SIX, port: 81 })).toEqual(['no rule', 'main']);
  });

  it('asks rules that name marks about what carries one, and the others about what carries none', () => {
    const rules = [
      'route local mark 0x1/0xff tcp 80 via dsl',
      'route local mark not 0x2/0xff tcp 81 via dsl',
      'route local tcp 80-82 via cable',
    ].join('\n');
    const by = (port: number, mark: number): string | undefined => {
      const local = { local: true, device: undefined, port, mark };
      return told(rules, local as unknown as Partial<Packet>)[1]
        ?.split(' ')[0]
        ?.replace(',', '');
    };
    expect([0, 1, 2].map((mark) => by(80, mark))).toEqual(['cable', 'dsl', 'main']);
    expect([0, 1, 2].map((mark) => by(81, mark))).toEqual(['dsl', 'dsl', 'main']);
    expect([0, 1, 2].map((mark) => by(82, mark))).toEqual(['cable', 'main', 'main']);
  });
});
