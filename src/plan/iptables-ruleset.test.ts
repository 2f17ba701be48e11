import { describe, expect, it } from 'vitest';
import { isSameBlock, parseIptables, settledLines } from './iptables-ruleset.ts';

const lines = (text: string) => [...parseIptables(text).values()].flatMap((block) => block.lines);

describe('parseIptables', () => {
  it('reads the elements of a set in one order, whatever the order of the kernel', () => {
    const create = 'ipset - create routec-a hash:net family inet initval 0x1';
    const [one, two] = ['ipset - add routec-a 192.0.2.0/24', 'ipset - add routec-a 198.51.100.1'];
    expect(lines([create, one, two].join('\n'))).toEqual(lines([create, two, one].join('\n')));
    expect(lines([two, one, create].join('\n'))[0]).toMatch(/^create /);
  });

  it('counts jumps, and leaves what is of others to them', () => {
    const jump = 'iptables filter -A INPUT -j routec-a';
    const others = [
      'iptables filter -A INPUT -m comment --comment "-j routec-a" -j DROP',
      'iptables filter -A others -s 192.0.2.9/32 -j routec-a',
      'iptables filter -A INPUT -s 192.0.2.9/32 -j routec-a',
    ];
    const [once] = parseIptables([jump, ...others].join('\n')).values();
    const [twice] = parseIptables([jump, jump, ...others].join('\n')).values();
    if (once === undefined || twice === undefined) throw new Error('a jump is lost');
    expect(isSameBlock(once, twice)).toBe(false);
    expect(settledLines(twice)).toHaveLength(2);
    expect(parseIptables(others.join('\n')).size).toBe(0);
  });
});
