import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Address, formatAddress, LAST_4, LAST_6, scanAddress } from './address.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 500) };

const six = fc.oneof(
  fc.bigInt({ min: 0n, max: LAST_6 }),
  // Groups that are often zero, so that `::` has something to do.
  fc
    .array(fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 0xffffn })), {
      minLength: 8,
      maxLength: 8,
    })
    .map((groups) => groups.reduce((sum, group) => (sum << 16n) | group, 0n)),
);
const four = fc.nat(LAST_4);
const address = fc.oneof(
  four.map((value): Address => ({ family: 4, value })),
  six.map((value): Address => ({ family: 6, value })),
);

const wrong = (text: string): { fault: string; write?: string } => {
  const scanned = scanAddress(text);
  if ('value' in scanned) throw new Error(`${text} was taken for an address`);
  return scanned;
};
const format = (text: string): string => {
  const scanned = scanAddress(text);
  if ('fault' in scanned) throw new Error(scanned.fault);
  return formatAddress(scanned.value);
};

describe('round trips', () => {
  it('an address is what its text says', () => {
    fc.assert(
      fc.property(address, (value) => {
        expect(scanAddress(formatAddress(value))).toEqual({ value });
      }),
      RUNS,
    );
  });

  it('the eight groups written out mean the same, in capitals and with zeros too', () => {
    fc.assert(
      fc.property(six, (value) => {
        const digits = value.toString(16).padStart(32, '0');
        const full = (digits.match(/.{4}/g) as string[]).join(':');
        expect(scanAddress(full)).toEqual({ value: { family: 6, value } });
        expect(scanAddress(full.toUpperCase())).toEqual({ value: { family: 6, value } });
      }),
      RUNS,
    );
  });

  it('an IPv4 tail means the last 32 bits', () => {
    fc.assert(
      fc.property(four, (value) => {
        const text = `64:ff9b::${formatAddress({ family: 4, value })}`;
        const expected = (0x64ff9bn << 96n) | BigInt(value);
        expect(scanAddress(text)).toEqual({ value: { family: 6, value: expected } });
      }),
      RUNS,
    );
  });

  it('what is written is the canonical form of RFC 5952', () => {
    fc.assert(
      fc.property(six, (value) => {
        const text = formatAddress({ family: 6, value });
        // The parser of URLs writes it so as well.
        expect(`[${text}]`).toBe(new URL(`http://[${text}]/`).hostname);
      }),
      RUNS,
    );
  });

  it('never throws, whatever the text', () => {
    const text = fc.string({
      unit: fc.constantFrom(...'0123459afxF:./%-[] \u00e9'),
      maxLength: 20,
    });
    fc.assert(
      fc.property(text, (any) => {
        const scanned = scanAddress(any);
        if ('fault' in scanned) expect(scanned.fault).toContain(any);
        else expect(scanAddress(formatAddress(scanned.value))).toEqual(scanned);
      }),
      RUNS,
    );
  });
});

describe('IPv4', () => {
  it.each([
    ['0.0.0.0', 0],
    ['192.0.2.1', 0xc0000201],
    ['255.255.255.255', LAST_4],
  ])('%s', (text, value) => {
    expect(scanAddress(text)).toEqual({ value: { family: 4, value } });
  });

  it.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.',
    '.1.2.3',
    '1..2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '1.2.3.999999999999999999999999',
    '0x7f.0.0.1',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.-4',
    '+1.2.3.4',
    '1.2.3.4a',
    '1.2.3.4/32',
    '1.2.3.4\n',
    '\u0661.2.3.4',
    'localhost',
  ])('%j is none', (text) => {
    expect(wrong(text).fault).toContain(text);
  });

  it.each([
    ['192.168.010.1', '192.168.10.1'],
    ['010.0.0.1', '10.0.0.1'],
    ['192.0.2.00', '192.0.2.0'],
  ])('a leading zero: %s', (text, write) => {
    expect(wrong(text)).toMatchObject({ fault: expect.stringContaining('leading zero'), write });
  });

  it('suggests nothing that is no address either', () => {
    expect(wrong('0999.1.1.1').write).toBeUndefined();
  });
});

describe('IPv6', () => {
  it.each([
    ['::', 0n],
    ['::1', 1n],
    ['1::', 1n << 112n],
    ['2001:db8::1', 0x20010db8000000000000000000000001n],
    ['1:2:3:4:5:6:7::', 0x00010002000300040005000600070000n],
    ['::2:3:4:5:6:7:8', 0x00000002000300040005000600070008n],
    ['::ffff:192.0.2.1', 0xffffc0000201n],
    ['1:2:3:4:5:6:192.0.2.1', 0x000100020003000400050006c0000201n],
  ])('%s', (text, value) => {
    expect(scanAddress(text)).toEqual({ value: { family: 6, value } });
  });

  it.each([
    ['1::2::3', 'only once'],
    ['::1::', 'only once'],
    [':::', ''],
    ['1:::2', ''],
    [':1', ''],
    ['1:', ''],
    [':', ''],
    ['1:2:3:4:5:6:7', 'eight'],
    ['1:2:3:4:5:6:7:8:9', 'eight'],
    ['1:2:3:4::5:6:7:8', 'eight'],
    ['::1:2:3:4:5:6:7:8', 'eight'],
    ['12345::', ''],
    ['g::', ''],
    ['2001:db8::1%eth0', 'zone'],
    ['[2001:db8::1]', ''],
    ['2001:db8::1/64', ''],
    ['::1.2.3', ''],
    ['::192.168.010.1', ''],
    ['::1.2.3.256', ''],
    ['1.2.3.4::', ''],
    ['::1.2.3.4:5', ''],
    ['1:2:3:4:5:6:7:1.2.3.4', 'eight'],
  ])('%s is none', (text, why) => {
    expect(wrong(text).fault).toContain(text);
    expect(wrong(text).fault).toContain(why);
  });

  it.each([
    // RFC 5952, sections 4.1 to 4.3 and the examples of section 2.
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8::0:1', '2001:db8::1'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8::AbCd', '2001:db8::abcd'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['0:0:0:0:0:0:0:1', '::1'],
  ])('RFC 5952: %s is %s', (text, canonical) => {
    expect(format(text)).toBe(canonical);
  });
});
