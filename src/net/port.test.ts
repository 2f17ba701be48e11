import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanNumber, scanPorts } from './port.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 500) };

const wrong = (text: string): { fault: string; write?: string } => {
  const scanned = scanPorts(text);
  if ('value' in scanned) throw new Error(`${text} was taken for a port`);
  return scanned;
};

describe('scanNumber', () => {
  it('takes each number up to the maximum, and no other text', () => {
    fc.assert(
      fc.property(fc.nat(70_000), fc.nat(70_000), (number, max) => {
        expect(scanNumber(String(number), max)).toBe(number <= max ? number : undefined);
        expect(scanNumber(`0${number}`, max)).toBeUndefined();
        expect(scanNumber(`-${number}`, max)).toBeUndefined();
      }),
      RUNS,
    );
  });

  it.each(['', ' ', '1 ', ' 1', '1.0', '1e3', '0x10', '+1', '1_000', '99999999999999999', 'NaN'])(
    '%j is none',
    (text) => {
      expect(scanNumber(text, Number.MAX_SAFE_INTEGER)).toBeUndefined();
    },
  );
});

describe('scanPorts', () => {
  it('round trip of ports and ranges; a range backwards is turned round', () => {
    fc.assert(
      fc.property(fc.nat(65535), fc.nat(65535), (a, b) => {
        expect(scanPorts(String(a))).toEqual({ value: [a, a] });
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        expect(scanPorts(`${low}-${high}`)).toEqual({ value: [low, high] });
        if (low < high) {
          expect(wrong(`${high}-${low}`)).toMatchObject({
            fault: expect.stringContaining('backwards'),
            write: `${low}-${high}`,
          });
        }
      }),
      RUNS,
    );
  });

  it.each([
    ['http', 80],
    ['https', 443],
    ['domain', 53],
    ['ssh', 22],
    ['ms-wbt-server', 3389],
  ])('%s is %i', (name, port) => {
    expect(scanPorts(name)).toEqual({ value: [port, port] });
  });

  it.each(['080', '65536', '70000', '80-65536', '080-90', '80-090', '80-', '-80', '1-2-3', ''])(
    '%j is none',
    (text) => {
      expect(wrong(text).fault).toContain(text);
    },
  );

  it('says that a leading zero is the fault', () => {
    expect(wrong('080').fault).toContain('leading zero');
    expect(wrong('65536').fault).toContain('65535');
  });

  it.each([
    ['htps', 'https'],
    ['htpt', 'http'],
    ['domian', 'domain'],
  ])('%s: did you mean %s', (text, write) => {
    expect(wrong(text).write).toBe(write);
  });

  it('suggests nothing for what is like no service', () => {
    expect(wrong('qqqqqqqqqqqq').write).toBeUndefined();
    expect(wrong('x'.repeat(100)).write).toBeUndefined();
  });

  it('names of the language of the machine below are no services', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      expect(scanPorts(name)).toHaveProperty('fault');
    }
  });
});
