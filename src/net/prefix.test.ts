import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Address, type AddressRange, LAST_4, LAST_6 } from './address.ts';
import {
  formatRange,
  network,
  prefixLength,
  scanAddressRange,
  scanInterfaceAddress,
} from './prefix.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 500) };

const address = fc.oneof(
  fc.nat(LAST_4).map((value): Address => ({ family: 4, value })),
  fc.bigInt({ min: 0n, max: LAST_6 }).map((value): Address => ({ family: 6, value })),
);
const held = fc.oneof(
  fc.record({
    address: fc.nat(LAST_4).map((value): Address => ({ family: 4, value })),
    length: fc.nat(32),
  }),
  fc.record({
    address: fc.bigInt({ min: 0n, max: LAST_6 }).map((value): Address => ({ family: 6, value })),
    length: fc.nat(128),
  }),
);
const range = fc.oneof(
  held.map(network),
  fc
    .tuple(fc.nat(LAST_4), fc.nat(LAST_4))
    .map(([a, b]): AddressRange => ({ family: 4, low: Math.min(a, b), high: Math.max(a, b) })),
  fc
    .tuple(fc.bigInt({ min: 0n, max: LAST_6 }), fc.bigInt({ min: 0n, max: LAST_6 }))
    .map(([a, b]): AddressRange => ({ family: 6, low: a < b ? a : b, high: a < b ? b : a })),
);

const wrong = (text: string): { fault: string; write?: string } => {
  const scanned = scanAddressRange(text);
  if ('value' in scanned) throw new Error(`${text} was taken for a range`);
  return scanned;
};

describe('properties', () => {
  it('a range is what its text says', () => {
    fc.assert(
      fc.property(range, (value) => {
        expect(scanAddressRange(formatRange(value))).toEqual({ value });
      }),
      RUNS,
    );
  });

  it('a network holds its address, has the size its length says, and begins without host bits', () => {
    fc.assert(
      fc.property(held, ({ address: its, length }) => {
        const net = network({ address: its, length });
        expect(net.family).toBe(its.family);
        expect(net.low <= its.value && its.value <= net.high).toBe(true);
        const size = 1n << BigInt((its.family === 4 ? 32 : 128) - length);
        expect(BigInt(net.high) - BigInt(net.low) + 1n).toBe(size);
        expect(BigInt(net.low) % size).toBe(0n);
        expect(prefixLength(net)).toBe(length);
      }),
      RUNS,
    );
  });

  it('prefixLength finds prefixes and nothing else', () => {
    fc.assert(
      fc.property(range, (value) => {
        const size = BigInt(value.high) - BigInt(value.low) + 1n;
        const isPrefix = (size & (size - 1n)) === 0n && BigInt(value.low) % size === 0n;
        expect(prefixLength(value) !== undefined).toBe(isPrefix);
      }),
      RUNS,
    );
  });

  it('a single address is written without a length', () => {
    fc.assert(
      fc.property(address, ({ family, value }) => {
        const text = formatRange({ family, low: value, high: value } as AddressRange);
        expect(text).not.toMatch(/[/-]/);
      }),
      RUNS,
    );
  });
});

describe('scanInterfaceAddress', () => {
  it.each([
    ['192.0.2.7/24', 0xc0000207, 24],
    ['192.0.2.7', 0xc0000207, 32],
    ['0.0.0.0/0', 0, 0],
  ])('%s', (text, value, length) => {
    expect(scanInterfaceAddress(text)).toEqual({
      value: { address: { family: 4, value }, length },
    });
  });

  it.each([
    '192.0.2.7/',
    '192.0.2.7/33',
    '192.0.2.7/024',
    '192.0.2.7/-1',
    '192.0.2.7/255.255.255.0',
    '192.0.2.7/24/24',
    '2001:db8::/129',
    '2001:db8::/0x40',
    '192.168.010.7/24',
    '/24',
  ])('%s is none', (text) => {
    expect(scanInterfaceAddress(text)).toHaveProperty('fault');
  });
});

describe('scanAddressRange', () => {
  it.each([
    ['10.0.0.0/8', 0x0a000000, 0x0affffff],
    ['0.0.0.0/0', 0, LAST_4],
    ['192.0.2.1/32', 0xc0000201, 0xc0000201],
    ['192.0.2.1-192.0.2.1', 0xc0000201, 0xc0000201],
    ['192.0.2.1-192.0.2.9', 0xc0000201, 0xc0000209],
  ])('%s', (text, low, high) => {
    expect(scanAddressRange(text)).toEqual({ value: { family: 4, low, high } });
  });

  it('takes IPv6 too', () => {
    expect(scanAddressRange('::/0')).toEqual({ value: { family: 6, low: 0n, high: LAST_6 } });
    expect(scanAddressRange('2001:db8::1-2001:db8::2')).toMatchObject({ value: { family: 6 } });
  });

  it('host bits: both meanings are offered', () => {
    expect(wrong('10.0.0.5/8').fault).toContain('host bits');
    expect(wrong('10.0.0.5/8').write).toBe('10.0.0.0/8`, or `10.0.0.5');
    expect(wrong('2001:db8::1/64').write).toBe('2001:db8::/64`, or `2001:db8::1');
  });

  it('a range backwards: the other way round is offered', () => {
    expect(wrong('192.0.2.9-192.0.2.1')).toMatchObject({
      fault: expect.stringContaining('backwards'),
      write: '192.0.2.1-192.0.2.9',
    });
    expect(wrong('2001:db8::2-2001:db8::1').write).toBe('2001:db8::1-2001:db8::2');
  });

  it.each([
    '192.0.2.1-2001:db8::1',
    '192.0.2.1-',
    '-192.0.2.1',
    '-',
    '192.0.2.1-9',
    '192.0.2.1-192.0.2.2-192.0.2.3',
    '192.0.2.0/25-192.0.2.255',
    '192.0.2.1 - 192.0.2.9',
    '192.168.010.1-192.168.10.9',
    '',
    '/0',
  ])('%j is none', (text) => {
    expect(wrong(text).fault).not.toBe('');
  });
});
