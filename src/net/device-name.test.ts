import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviceInterval, formatDevice, LAST_DEVICE, scanDeviceName } from './device-name.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 500) };

const CHARACTERS = 'abcdefghijklmnopqrstuvwxyzABCXYZ0123456789_-.@+~!$&()<>^|`,;';
const name = fc
  .string({ unit: fc.constantFrom(...CHARACTERS), minLength: 1, maxLength: 15 })
  .filter((text) => text !== '.' && text !== '..');

describe('scanDeviceName', () => {
  it('takes what the kernel takes and the tools can be told', () => {
    fc.assert(
      fc.property(name, (text) => {
        expect(scanDeviceName(text)).toEqual({ value: text });
      }),
      RUNS,
    );
  });

  it.each(['eth0', 'eth0.100', 'br-lan', 'wg_home', 'veth0@if5', 'pppoe-wan', '123456789012345'])(
    '%s',
    (text) => {
      expect(scanDeviceName(text)).toEqual({ value: text });
    },
  );

  it.each([
    ['', 'no device name'],
    ['.', 'no device name'],
    ['..', 'no device name'],
    ['1234567890123456', '16 bytes'],
    ['eth 0', 'visible ASCII'],
    ['eth\t0', 'visible ASCII'],
    ['eth\n0', 'visible ASCII'],
    ['eth0\u0000', 'visible ASCII'],
    ['\u00e9th0', 'visible ASCII'],
    ['eth/0', '`/`'],
    ['eth0:1', '`:`'],
    ['eth%d', '`%`'],
    ['eth"0', "can't be written"],
    ['eth*', "can't be written"],
    ['eth#0', "can't be written"],
    ["eth'0", "can't be written"],
    ['eth\\0', "can't be written"],
    ['eth=0', "can't be written"],
    ['eth?', "can't be written"],
    ['eth[0]', "can't be written"],
  ])('%j is none', (text, why) => {
    expect(scanDeviceName(text)).toEqual({ fault: expect.stringContaining(why) });
  });
});

describe('deviceInterval', () => {
  it('round trip of names and of patterns', () => {
    fc.assert(
      fc.property(name, (text) => {
        expect(formatDevice(deviceInterval(text, false))).toBe(text);
        // No name is longer: a pattern of 15 bytes is that name.
        const pattern = text.length < 15 ? `${text}*` : text;
        expect(formatDevice(deviceInterval(text, true))).toBe(pattern);
      }),
      RUNS,
    );
  });

  it('a pattern holds the names that begin so, and no others', () => {
    fc.assert(
      fc.property(name, name, fc.nat(15), (text, other, length) => {
        const prefix = text.slice(0, Math.max(1, length));
        const [low, high] = deviceInterval(prefix, true);
        for (const each of [text, other]) {
          const [point] = deviceInterval(each, false);
          expect(low <= point && point <= high).toBe(each.startsWith(prefix));
        }
      }),
      RUNS,
    );
  });

  it('names have points of their own, below the last', () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        const [[low, high], [other]] = [deviceInterval(a, false), deviceInterval(b, false)];
        expect(low).toBe(high);
        expect(low === other).toBe(a === b);
        expect(low <= LAST_DEVICE).toBe(true);
      }),
      RUNS,
    );
  });
});
