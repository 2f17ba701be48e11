import { describe, expect, it } from 'vitest';
import { check } from '../../compile.ts';
import type { Lock } from '../../model/program.ts';
import { emitIptables } from './emit-iptables.ts';

const UPLINKS = 'uplink a dev eth2 gateway 198.51.100.1\nuplink b dev eth3 gateway 192.0.2.1\n';

/** The chains file of a policy of these rules, and the numbers that it leaves. */
function iptables(rules: string, before?: Lock): { text: string; lock: Lock } {
  const bytes = new TextEncoder().encode(`${UPLINKS}${rules}\n`);
  const entry = { name: 'p.route', base: 'p', bytes };
  const { program, diagnostics } = check(entry, () => ({ refused: '' }), before, 'iptables');
  if (program === undefined) throw new Error(diagnostics.map(({ message }) => message).join());
  const text = emitIptables(program, 'p').artefacts.find(
    ({ suffix }) => suffix === 'iptables',
  )?.text;
  return { text: text ?? '', lock: program.lock };
}

const declared = (text: string): string[] =>
  [...text.matchAll(/^:(\S+)/gm)].map(([, name]) => name ?? '').filter((name) => !/\d$/.test(name));

describe('the chains', () => {
  it('are the same whatever the rules: one that is not refilled would keep old ones', () => {
    const plain = declared(iptables('').text);
    const full = 'route in a tcp 80 via b else drop\nroute local via a\nroute via balance a, b';
    expect(declared(iptables(full).text)).toEqual(plain);
    expect(new Set(plain).size).toBe(plain.length);
  });

  it('of slots that are gone are emptied and deleted', () => {
    const { lock } = iptables('route tcp 80 via a else b');
    const { text } = iptables('', lock);
    const gone = lock.slots.at(-1)?.slot;
    expect(text).toContain(`:routec-slot-${gone} - [0:0]\n`);
    expect(text).toContain(`-X routec-slot-${gone}\n`);
    expect(text).not.toContain(`-g routec-slot-${gone}\n`);
  });
});

describe('a line', () => {
  const many = (count: number, spell: (value: number) => string): string =>
    Array.from({ length: count }, (_, index) => spell(index * 2 + 1)).join(', ');
  const mac = (value: number): string => `00:00:5e:00:53:${value.toString(16).padStart(2, '0')}`;

  it.each([
    `mac not ${many(100, mac)} dscp not ${many(30, String)} mark not ${many(8, String)}`,
    `tcp not ${many(1500, String)} sport not ${many(1500, String)}`,
    `icmp not ${many(100, String)}`,
    `local user not ${many(300, String)}`,
    'mac not ff:ff:ff:ff:ff:ff',
    'mac ff:ff:ff:ff:ff:ff',
  ])('has no more words than iptables-restore takes: %.20s', (matches) => {
    const { text } = iptables(`route ${matches} via a`);
    for (const line of text.split('\n').filter((each) => each.startsWith('-A'))) {
      expect(line.split(' ').length).toBeLessThan(255);
    }
  });
});
