import { describe, expect, it } from 'vitest';
import { check } from '../compile.ts';

/** The slugs of all findings, where the policy comes with these uplinks. */
function found(text: string): string[] {
  const bytes = new TextEncoder().encode(text);
  const entry = { name: 'policy.route', base: 'policy', bytes };
  const { diagnostics } = check(entry, () => ({ refused: 'no files here' }), undefined);
  return diagnostics.map(({ slug }) => slug);
}

describe('private sources without NAT', () => {
  const GATEWAY = 'uplink a dev eth2 gateway 192.0.2.1, fe80::1';
  const WARNS = ['private-without-nat'];

  it.each([
    ['from 192.168.0.0/24', ''],
    ['host 10.1.2.3', ''],
    ['from 100.64.0.0/10', ''],
    ['from fd00::/64', ''],
    ['from 192.168.0.0/24, 203.0.113.81', ''],
    ['from @lan', '\nset lan = 172.16.0.1, 203.0.113.81'],
    ['from 192.168.0.1 to 203.0.113.0/24', ''],
    ['in lan0 from 192.168.0.1 tcp 80', ''],
  ])('%s', (matches, rest) => {
    const rule = (via: string): string => `\nroute ${matches} via ${via}${rest}`;
    expect(found(GATEWAY + rule('a'))).toEqual(WARNS);
    expect(found(GATEWAY + rule('balance a, a2 else a3') + A2)).toEqual(WARNS);
    expect(found(`${GATEWAY} address 192.0.2.2/24${rule('a')}`)).toEqual(WARNS);
    for (const nat of ['masquerade', 'nonat', 'snat 192.0.2.2, 2001:db8::2']) {
      expect(found(`${GATEWAY} ${nat}${rule('a')}`)).toEqual([]);
      expect(found(GATEWAY + rule(`a ${nat}`))).toEqual([]);
    }
    // No gateway, or one that is private itself.
    expect(found(`uplink a dev wg0${rule('a')}`)).toEqual([]);
    expect(found(`uplink a dev eth2 gateway 10.9.9.9, fd00:9::1${rule('a')}`)).toEqual([]);
  });
  const A2 = '\nuplink a2 dev wg0\nuplink a3 dev wg1';

  it.each([
    '',
    'tcp 80',
    'from 203.0.113.0/24',
    'from 0.0.0.0/0 tcp',
    'from not 10.0.0.0/8',
    'from 2001:db8::/32',
    'from 192.168.0.0/24 to 10.0.0.0/8',
    'local from 192.168.0.1',
  ])('nothing is said of: %s', (matches) => {
    expect(found(`${GATEWAY}\nroute ${matches} via a`)).toEqual([]);
  });

  it('is said once an uplink and family', () => {
    const rules = '\nroute from 192.168.0.1, fd00::1 via a'.repeat(3);
    const said = found(GATEWAY + rules).filter((slug) => slug !== 'shadowed-rule');
    expect(said).toEqual([...WARNS, ...WARNS]);
  });

  it('a NAT of one family leaves the other', () => {
    const rule = '\nroute from 192.168.0.1, fd00::1 via a';
    expect(found(`${GATEWAY} snat 192.0.2.2${rule}`)).toEqual(WARNS);
    expect(found(`${GATEWAY}${rule} snat 192.0.2.2`)).toEqual(WARNS);
  });
});

describe('two uplinks on one device', () => {
  it.each([
    ['', '', ['same-way']],
    ['gateway 192.0.2.1', 'gateway 192.0.2.1', ['same-way']],
    ['gateway 192.0.2.1, fe80::1', 'gateway 192.0.2.1', ['same-way']],
    ['gateway 192.0.2.1', 'gateway 192.0.2.1 snat 192.0.2.2', ['same-way']],
    ['gateway 192.0.2.1, fe80::1', 'gateway 192.0.2.2, fe80::1', ['same-way']],
    ['gateway dhcp', 'gateway dhcp', ['same-way']],
    ['gateway dhcp', '', ['same-way']],
    ['gateway 192.0.2.1, dhcp', 'gateway 192.0.2.2, dhcp', ['same-way']],
    ['gateway 192.0.2.1', 'gateway 192.0.2.2', ['untold-arrival']],
    [
      'gateway 192.0.2.1 address 192.0.2.9',
      'gateway 192.0.2.2 address 192.0.2.9',
      ['untold-arrival'],
    ],
    [
      'gateway 192.0.2.1, fe80::1',
      'gateway 192.0.2.2, fe80::2',
      ['untold-arrival', 'untold-arrival'],
    ],
    ['gateway 192.0.2.1 snat 192.0.2.8', 'gateway 192.0.2.2 snat 192.0.2.9', []],
    ['gateway 192.0.2.1', 'gateway 192.0.2.2 address 192.0.2.9', []],
    ['gateway 192.0.2.1', 'gateway fe80::1', []],
    ['gateway 192.0.2.1', 'gateway dhcp address 192.0.2.9', []],
    ['gateway 192.0.2.1 address 192.0.2.8', '', []],
  ])('%s and %s', (one, other, slugs) => {
    expect(found(`uplink a dev eth2 ${one}\nuplink b dev eth2 ${other}`)).toEqual(slugs);
    expect(found(`uplink a dev eth2 ${other}\nuplink b dev eth2 ${one}`)).toEqual(slugs);
    expect(found(`uplink a dev eth2 ${one}\nuplink b dev eth3 ${other}`)).toEqual([]);
  });
});

describe('a LAN on the net of an uplink', () => {
  const UPLINK =
    'uplink a dev eth2 gateway 192.0.2.1 address 192.0.2.2/24, 203.0.113.64/28 nonat\n';
  it.each([
    ['from 192.0.2.0/24', true],
    ['from 192.0.2.128/25', true],
    ['host 192.0.2.9', true],
    ['from 198.51.100.1, 192.0.2.9', true],
    ['from 192.0.0.0/16', false],
    ['from 198.51.100.0/24', false],
    // A prefix that is routed to the router is no net on the wire.
    ['from 203.0.113.65', false],
    ['from not 192.0.2.0/24', false],
    ['local from 192.0.2.9', false],
    ['in lan0 from 192.0.2.9', false],
    ['in a from 192.0.2.9', false],
  ])('%s', (matches, warns) => {
    expect(found(`${UPLINK}route ipv4 ${matches} via a`)).toEqual(warns ? ['lan-on-uplink'] : []);
  });
});

describe('families of a translation', () => {
  const BOTH = 'uplink a dev eth2 gateway 192.0.2.1, fe80::1 nonat\n';
  it.each([
    [`${BOTH}route ipv6 via a snat 192.0.2.2`, true],
    [`${BOTH}route from fd00::1 via a snat 192.0.2.2`, true],
    [`${BOTH}route icmpv6 via a else main`, false],
    [`${BOTH}route icmp via a snat 2001:db8::2`, true],
    [`${BOTH}route via a snat 192.0.2.2`, false],
    [`${BOTH}route from fd00::1 via a snat 192.0.2.2, 2001:db8::2`, false],
    ['uplink a dev eth2 gateway 192.0.2.1 snat 2001:db8::2', true],
    ['uplink a dev eth2 gateway 192.0.2.1 snat 192.0.2.2, 2001:db8::2', false],
    ['uplink a dev wg0 snat 2001:db8::2', false],
    ['uplink a dev eth2 gateway fe80::1\nroute ipv6 via a snat 192.0.2.2', true],
  ])('%s', (text, wrong) => {
    expect(found(text)).toEqual(wrong ? ['family-mix'] : []);
  });
});

describe('unused', () => {
  it.each([
    ['set x = 80\nroute tcp @x via drop', []],
    ['set x = 80\nroute tcp 80 via drop', ['unused-set']],
    ['set x = @y\nset y = 80\nroute tcp @x via drop', []],
    ['set x = @y\nset y = 80\nroute tcp 80 via drop', ['unused-set', 'unused-set']],
    ['set x = 192.0.2.2\nuplink a dev eth2 gateway 192.0.2.1 snat @x', []],
    ['set x = 192.0.2.2\nuplink a dev wg0\nroute ipv4 tcp via a snat @x', []],
    ['set x = 80\nuplink a dev wg0\nforward tcp @x on a to 192.0.2.1:80', []],
    ['set x = 80\nexpect tcp @x main', []],
    // What is wrong elsewhere comes first.
    ['set x = 80\nroute tcp @x via', ['unexpected-word']],
    ['set x = 80\nroute tcp @x host 10.0.0.0/8 via drop', ['bad-address']],
  ])('sets: %s', (text, slugs) => {
    expect(found(text)).toEqual(slugs);
  });

  const three = 'uplink a dev wg0\nuplink b dev wg1\nuplink c dev wg2\n';
  it.each([
    ['', 0],
    ['route via a', 2],
    ['route via a else b', 0],
    ['route via balance a, b', 0],
    ['route via a\nforward tcp 80 on b to 192.0.2.1:80', 0],
    ['route via a\nexpect while b via a', 0],
    ['route via wg0 else wg1', 0],
    ['route via drop', 3],
  ])('uplinks: %s', (text, count) => {
    expect(found(three + text)).toEqual(Array(count).fill('unused-uplink'));
  });
});

it('a declaration whose word is in capitals is one: nobody else is to blame', () => {
  expect(found('Uplink dsl dev eth3\nroute via dsl')).toEqual(['unexpected-word']);
  expect(found('SET lan = 192.0.2.1\nroute from @lan via drop')).toEqual(['unexpected-word']);
});
