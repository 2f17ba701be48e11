import { expect, it } from 'vitest';
import { deviceInterval } from '../net/device-name.ts';
import { BITS, boxColumns } from './box-columns.ts';
import type { Box } from './program.ts';

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
