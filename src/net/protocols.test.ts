import { describe, expect, it } from 'vitest';
import { protocolNames, protocolNumber } from './protocols.ts';

describe('protocolNumber', () => {
  it.each([
    ['hopopt', 0],
    ['icmp', 1],
    ['igmp', 2],
    ['ipv4', 4],
    ['ipencap', 4],
    ['tcp', 6],
    ['udp', 17],
    ['dccp', 33],
    ['ipv6', 41],
    ['gre', 47],
    ['esp', 50],
    ['ah', 51],
    ['ipv6-icmp', 58],
    ['icmpv6', 58],
    ['eigrp', 88],
    ['ospf', 89],
    ['ospfigp', 89],
    ['ax.25', 93],
    ['pim', 103],
    ['vrrp', 112],
    ['l2tp', 115],
    ['sctp', 132],
    ['udplite', 136],
    ['mpls-in-ip', 137],
    ['ethernet', 143],
    ['bit-emu', 147],
  ])('knows %s as %i', (name, number) => {
    expect(protocolNumber(name)).toBe(number);
  });

  it('knows no other spelling, and no pseudo protocol', () => {
    for (const name of ['TCP', ' tcp', 'tpc', '', '6', 'ip', 'mptcp', 'constructor']) {
      expect(protocolNumber(name)).toBeUndefined();
    }
  });
});

describe('protocolNames', () => {
  it('lists each name once, in order, each with a number that fits the field', () => {
    const names = protocolNames();
    expect(new Set(names).size).toBe(names.length);
    expect([...names].sort()).toEqual(names);
    const wrong = names.filter((name) => {
      const number = protocolNumber(name);
      return number === undefined || !Number.isInteger(number) || number < 0 || number > 255;
    });
    expect(wrong).toEqual([]);
  });

  it('has a name for every number that IANA has a keyword for', () => {
    const named = new Set(protocolNames().map((name) => protocolNumber(name)));
    const missing = Array.from({ length: 148 }, (_, number) => number).filter((n) => !named.has(n));
    expect(missing).toEqual([61, 63, 68, 99, 114]);
  });
});
