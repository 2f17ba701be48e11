import { expect, it } from 'vitest';
import { entriesOf } from './entries.ts';
import type { Box, Rule } from './program.ts';
import type { Variation } from './variation.ts';

const rule = (place: number, boxes: readonly Box[], variation?: Variation): Rule => {
  return { id: `${place}`, text: '', place, boxes, variation, target: { kind: 'main' } };
};
const host = (address: number): Box => ({ family: 4, source: [[address, address]] });

it('entries end in each family with what takes everything, and all are asked', () => {
  const of: Variation = {
    form: { of: host(1), dimensions: ['source'] },
    ends: [7, 7],
    at: 0,
  };
  const list = [
    rule(0, [host(1), { family: 6, source: [[1n, 1n]] }]),
    rule(1, [host(2), { family: 6 }]),
    // Its boxes are not made.
    rule(2, [], of),
    rule(3, [{ family: 4 }, { family: 6 }]),
    rule(4, [host(3)]),
  ];
  const { 4: four, 6: six } = entriesOf(list);
  expect([...four.boxes]).toEqual([host(1), host(2), host(7), { family: 4 }]);
  expect([four.owners, four.asked]).toEqual([
    [0, 1, 2, 3],
    [0, 1, 2, 3, 4],
  ]);
  expect([...six.boxes]).toEqual([{ family: 6, source: [[1n, 1n]] }, { family: 6 }]);
  expect([six.owners, six.asked]).toEqual([
    [0, 1],
    [0, 1, 3],
  ]);
});
