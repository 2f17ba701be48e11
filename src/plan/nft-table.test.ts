import { describe, expect, it } from 'vitest';
import {
  bring,
  change,
  essence,
  losing,
  parseNftTable,
  refill,
  remove,
  settledText,
} from './nft-table.ts';

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

  it('becomes another by what changes alone, and counts on', () => {
    const other = parseNftTable(
      LISTING.replace(
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
      LISTING.replace('iifname "a{b" accept', 'iifname "a{b" counter packets 7 bytes 9 accept'),
    );
    expect(change(other, counted)?.split('\n')).toEqual([
      'table inet routec {',
      '}',
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
      '\t\tiifname "a{b" counter packets 7 bytes 9 accept',
      '\t\taccept',
      '\t}',
      '}',
      '',
    ]);
    // Of intervals one takes as long as all.
    const [from, to] = [LISTING, LISTING.replace('81 ', '82 ')].map((text) =>
      parseNftTable(text.replace('\t\tcounter\n', '\t\tflags interval\n\t\tcounter\n')),
    ) as [ReturnType<typeof parseNftTable>, ReturnType<typeof parseNftTable>];
    const text = change(to, from);
    expect(text).toContain('flush map inet routec ports');
    expect(text).toContain('80 counter packets 3 bytes 180 : goto to_dsl,\n82 ');
    const typed = parseNftTable(LISTING.replace('type inet_service', 'type mark'));
    expect(change(typed, table)).toBeUndefined();
  });

  it('is tried without the elements that stay, by the same change, and loses no count where elements only come', () => {
    const more = parseNftTable(
      LISTING.replace(
        ' goto to_dsl }',
        ' goto to_dsl,\n82 counter packets 0 bytes 0 : goto to_dsl }',
      ),
    );
    const [less, rest] = essence(table, more);
    expect(less.get('ports')?.content).toEqual([]);
    expect(rest.get('ports')?.content).toEqual(['82 counter packets 0 bytes 0 : goto to_dsl']);
    expect(change(rest, less)).toBe(change(more, table));
    expect(losing(more, table)).toEqual([]);
    expect(losing(table, more)).toEqual(['ports']);
  });

  it('is brought without rules, and removed with maps first', () => {
    expect(bring(table, ['ports', 'to_dsl', 'prerouting'])).not.toContain('accept');
    const removed = remove(table, ['to_dsl', 'ports']);
    expect(removed.indexOf('delete map')).toBeLessThan(removed.indexOf('delete chain'));
  });
});
