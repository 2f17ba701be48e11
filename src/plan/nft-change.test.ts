import { describe, expect, it } from 'vitest';
import { losing, nftChange } from './nft-change.ts';
import { NFT_LISTING } from './nft-listing.ts';
import { essence, parseNftTable } from './nft-table.ts';

describe('the change from one table to another', () => {
  const table = parseNftTable(NFT_LISTING);

  it('is what is not the same in both', () => {
    const other = parseNftTable(
      NFT_LISTING.replace(
        '81 counter packets 0 bytes 0 : goto to_dsl',
        '82 counter packets 0 bytes 0 : goto to_dsl',
      )
        .replace(
          'iifname "a{b" accept',
          'iifname "a{b" counter packets 0 bytes 0 accept\n\t\taccept',
        )
        .replace('192.0.2.1 timeout', '192.0.2.7 timeout'),
    );
    const counted = parseNftTable(
      NFT_LISTING.replace('iifname "a{b" accept', 'iifname "a{b" counter packets 7 bytes 9 accept'),
    );
    expect(nftChange(other, counted).split('\n')).toEqual([
      'flush chain inet routec to_dsl',
      'delete element inet routec ports {',
      '81',
      '}',
      'add element inet routec ports {',
      '82 counter packets 0 bytes 0 : goto to_dsl',
      '}',
      'table inet routec {',
      '\tchain to_dsl {',
      '\t\tnumgen random mod 2 vmap { 0 : goto a, 1 : goto b }',
      '\t\tiifname "a{b" counter packets 0 bytes 0 accept',
      '\t\taccept',
      '\t}',
      '}',
      '',
    ]);
    // Of intervals one takes as long as all.
    const [from, to] = [NFT_LISTING, NFT_LISTING.replace('81 ', '82 ')].map((text) =>
      parseNftTable(text.replace('\t\tcounter\n', '\t\tflags interval\n\t\tcounter\n')),
    ) as [ReturnType<typeof parseNftTable>, ReturnType<typeof parseNftTable>];
    const text = nftChange(to, from);
    expect(text).toContain('flush map inet routec ports');
    expect(text).toContain('80 counter packets 3 bytes 180 : goto to_dsl,\n82 ');
  });

  it('is the same without the elements that stay, and loses no count where elements only come', () => {
    const more = parseNftTable(
      NFT_LISTING.replace(
        ' goto to_dsl }',
        ' goto to_dsl,\n82 counter packets 0 bytes 0 : goto to_dsl }',
      ),
    );
    const [less, rest] = essence(table, more);
    expect(less.get('ports')?.content).toEqual([]);
    expect(rest.get('ports')?.content).toEqual(['82 counter packets 0 bytes 0 : goto to_dsl']);
    expect(nftChange(rest, less)).toBe(nftChange(more, table));
    expect(losing(more, table)).toEqual([]);
    expect(losing(table, more)).toEqual(['ports']);
  });

  it('deletes sets and maps before the chains that they lead to', () => {
    const text = nftChange(new Map(), table);
    expect(text.indexOf('delete map')).toBeLessThan(text.indexOf('delete chain'));
    expect(nftChange(table, table)).toBe('');
  });

  it('makes anew what is another thing under the same name', () => {
    const typed = parseNftTable(NFT_LISTING.replace('type inet_service', 'type mark'));
    const lines = nftChange(typed, table).split('\n');
    expect(lines.slice(0, 3)).toEqual([
      'flush map inet routec ports',
      'delete map inet routec ports',
      'table inet routec {',
    ]);
    expect(lines).toContain('\t\ttype mark : verdict');
  });
});
