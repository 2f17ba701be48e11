import { describe, expect, it } from 'vitest';
import { canonicalRoute, canonicalRule, partOf } from './canonical-line.ts';
import { liveRoute, liveRule } from './live-lines.ts';

describe('a rule', () => {
  it.each([
    [
      'pref 6000 not fwmark 0/0x7f000000 lookup main suppress_prefixlength 1 suppress_ifgroup 6000 protocol 214',
      {
        priority: 6000,
        not: null,
        src: 'all',
        fwmark: '0',
        fwmask: '0x7f000000',
        table: '254',
        suppress_prefixlen: 1,
        suppress_ifgroup: '6000',
        protocol: '214',
      },
    ],
    [
      'pref 6012 fwmark 0x08000000/0x7f000000 prohibit protocol 214',
      {
        priority: 6012,
        src: 'all',
        fwmark: '0x8000000',
        fwmask: '0x7f000000',
        action: '8',
        protocol: '214',
      },
    ],
    [
      'pref 6901 from 192.0.2.0/24 iif lo fwmark 0/0x7f000000 lookup 6502 protocol 214',
      {
        priority: 6901,
        src: '192.0.2.0',
        srclen: 24,
        fwmark: '0',
        fwmask: '0x7f000000',
        iif: 'lo',
        table: '6502',
        protocol: '214',
      },
    ],
    [
      'pref 6997 not iif lo goto 6999 protocol 215',
      { priority: 6997, not: null, src: 'all', iif: 'lo', goto: 6999, protocol: '215' },
    ],
  ])('is the same as it is written and as it is live: %s', (written, live) => {
    expect(liveRule(live)).toBe(canonicalRule(written));
    expect(canonicalRule(liveRule(live))).toBe(liveRule(live));
  });

  it('that says something unknown is like no other', () => {
    const live = { priority: 6001, src: 'all', table: '6001', protocol: '214' };
    expect(liveRule({ ...live, tos: '0x10' })).not.toBe(liveRule(live));
  });
});

describe('a route', () => {
  it.each([
    [
      4,
      'default via 192.0.2.1 dev eth3 onlink table 6002 proto 214',
      {
        dst: 'default',
        gateway: '192.0.2.1',
        dev: 'eth3',
        table: '6002',
        protocol: '214',
        flags: ['onlink'],
      },
    ],
    [
      6,
      'unreachable default metric 4294967294 table 6502 proto 214',
      {
        type: '7',
        dst: 'default',
        dev: 'lo',
        table: '6502',
        protocol: '214',
        metric: 4294967294,
        flags: [],
        pref: 'medium',
      },
    ],
    [
      6,
      '2001:db8::/64 dev eth3 table 6002 proto 214',
      {
        dst: '2001:db8::/64',
        dev: 'eth3',
        table: '6002',
        protocol: '214',
        metric: 1024,
        flags: ['linkdown'],
        pref: 'medium',
      },
    ],
    [
      4,
      'local default dev lo table 6999 metric 4294967295 proto 215',
      {
        type: '2',
        dst: 'default',
        dev: 'lo',
        table: '6999',
        protocol: '215',
        scope: '254',
        metric: 4294967295,
        flags: [],
      },
    ],
  ] as const)(
    'is the same as it is written and as it is live: IPv%s %s',
    (family, written, live) => {
      expect(liveRoute(live, family)).toBe(canonicalRoute(written));
      expect(partOf(canonicalRoute(written), 'table')).toBe(live.table);
    },
  );
});
