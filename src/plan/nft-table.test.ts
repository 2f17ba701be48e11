import { describe, expect, it } from 'vitest';
import { parseNftTable, refill, settledText } from './nft-table.ts';

const LISTING = [
  'table inet routec {',
  '\tmap ports {',
  '\t\ttype inet_service : verdict',
  '\t\tcounter',
  '\t\telements = { 80 counter packets 3 bytes 180 : goto to_dsl,',
  '\t\t\t     81 counter packets 0 bytes 0 : goto to_dsl }',
  '\t}',
  '',
  '\tset learned {',
  '\t\ttype ipv4_addr',
  '\t\tflags dynamic,timeout',
  '\t\telements = { 192.0.2.1 timeout 1d expires 5h }',
  '\t}',
  '',
  '\tchain to_dsl {',
  '\t\tnumgen random mod 2 vmap { 0 : goto a,',
  '\t\t\t\t\t   1 : goto b }',
  '\t\tiifname "a{b" accept',
  '\t}',
  '',
  '\tchain prerouting {',
  '\t\ttype filter hook prerouting priority -140; policy accept;',
  '\t\ttcp dport vmap @ports',
  '\t}',
  '}',
  '',
].join('\n');

describe('a table as nft lists it', () => {
  const table = parseNftTable(LISTING);

  it('is read rule by rule and element by element', () => {
    expect(table.get('ports')?.content).toEqual([
      '80 counter packets 3 bytes 180 : goto to_dsl',
      '81 counter packets 0 bytes 0 : goto to_dsl',
    ]);
    expect(table.get('to_dsl')?.content).toEqual([
      'numgen random mod 2 vmap { 0 : goto a, 1 : goto b }',
      'iifname "a{b" accept',
    ]);
    expect(table.get('prerouting')?.declaration).toHaveLength(1);
  });

  it('is refilled with its counts, and what it learned is not taken away', () => {
    const text = refill(table);
    expect(text).toContain('80 counter packets 3 bytes 180 : goto to_dsl');
    expect(text).toContain('flush map inet routec ports');
    expect(text).not.toContain('flush set inet routec learned');
  });

  it('is compared without what packets change', () => {
    const later = parseNftTable(LISTING.replace('packets 3', 'packets 9').replace('5h', '4h'));
    for (const [name, block] of table) {
      expect(settledText(later.get(name) ?? block)).toBe(settledText(block));
    }
  });
});
