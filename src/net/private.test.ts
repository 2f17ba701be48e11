import { expect, it } from 'vitest';
import { isFault } from './fault.ts';
import { scanAddressRange } from './prefix.ts';
import { isPrivate } from './private.ts';

it.each([
  ['10.0.0.0/8', true],
  ['100.64.0.0/10', true],
  ['172.16.0.0/12', true],
  ['192.168.0.0/16', true],
  ['192.168.0.228', true],
  ['10.255.255.255-11.0.0.0', false],
  ['172.32.0.0/16', false],
  ['100.128.0.1', false],
  ['192.0.2.0/24', false],
  ['0.0.0.0/0', false],
  ['fc00::/7', true],
  ['fd00:0:0:1::/64', true],
  ['fe00::/16', false],
  ['fe80::1', false],
  ['2001:db8::/32', false],
  ['::/0', false],
])('%s: %s', (text, expected) => {
  const scanned = scanAddressRange(text);
  expect(!isFault(scanned) && isPrivate(scanned.value)).toBe(expected);
});
