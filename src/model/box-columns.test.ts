import { describe, expect, it } from 'vitest';
import { deviceInterval } from '../net/device-name.ts';
import type { Point } from '../net/interval-set.ts';
import { BITS, boxColumns } from './box-columns.ts';
import type { Dimension } from './dimensions.ts';
import type { Box } from './program.ts';
import { asksAlike, type Variation, varied } from './variation.ts';

const BOXES: readonly Box[] = [
  { family: 4 },
  { family: 4, source: [[1, 1]] },
  { family: 4, device: [deviceInterval('lan0', false)], destination: [[4, 9]], port: [[80, 80]] },
  {
    family: 4,
    source: [
      [1, 1],
      [3, 0xffff_ffff],
    ],
    protocol: [[6, 6]],
  },
  { family: 4, dscp: [[8, 8]], user: [[0, 0]] },
  { family: 4, mark: [{ value: 1, mask: 1 }] },
  { family: 4, atoms: [{ kind: 'user', name: 'alice', negated: false }] },
];

it('boxes come out of columns as they went in', () => {
  const columns = boxColumns(4);
  BOXES.forEach(columns.add);
  expect(columns.length).toBe(BOXES.length);
  expect([...columns]).toEqual(BOXES);
  BOXES.forEach((box, place) => {
    expect(columns.at(place)).toEqual(box);
    for (const [name, set] of Object.entries(box)) {
      if (name === 'family') continue;
      expect(columns.asksAt(place) & BITS[name as keyof typeof BITS]).not.toBe(0);
      if (name === 'mark' || name === 'atoms') continue;
      expect(columns.setAt(place, name as 'source')).toEqual(set);
    }
  });
  expect(columns.at(BOXES.length)).toBeUndefined();
});

describe('a variation of a box', () => {
  const ends: readonly Point[] = [7, 7, 20, 29, 1024, 2047];
  const of = (box: Box, dimensions: readonly Dimension[], at = 0): Variation => {
    return { form: { of: box, dimensions }, ends, at };
  };
  const plain: Box = { family: 4, source: [[1, 1]], protocol: [[6, 6]], port: [[80, 80]] };
  const marked: Box = { family: 4, source: [[1, 1]], mark: [{ value: 1, mask: 1 }] };

  it('comes out of columns as the box that it is', () => {
    const columns = boxColumns(4);
    const variations = [
      of(plain, ['source', 'port'], 2),
      of(plain, ['port', 'source'], 2),
      of(marked, ['source'], 2),
      of(plain, ['source']),
    ];
    columns.add(plain);
    for (const each of variations) columns.addVaried(each);
    expect([...columns]).toEqual([plain, ...variations.map(varied)]);
    expect(columns.at(1)).toEqual({
      ...plain,
      source: [[20, 29]],
      port: [[1024, 2047]],
    });
    expect(columns.at(3)).toEqual({ ...marked, source: [[20, 29]] });
  });

  it('asks for something in the same dimensions, or it is none', () => {
    const all: Variation = { ...of(plain, ['source']), ends: [0, 0xffff_ffff] };
    expect([of(plain, ['source']), of(plain, ['destination']), all].map(asksAlike)).toEqual([
      true,
      false,
      false,
    ]);
  });
});
