import { describe, expect, it } from 'vitest';
import { NFT_LISTING } from './nft-listing.ts';
import { parseNftTable, refill, settledText } from './nft-table.ts';

describe('a table as nft lists it', () => {
  const table = parseNftTable(NFT_LISTING);

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
    const later = parseNftTable(NFT_LISTING.replace('packets 3', 'packets 9').replace('5h', '4h'));
    for (const [name, block] of table) {
      expect(settledText(later.get(name) ?? block)).toBe(settledText(block));
    }
  });
});
