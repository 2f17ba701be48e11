import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WholeNumbers } from './whole-numbers.ts';

it('whole numbers are what was pushed, however many they are', () => {
  const number = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  fc.assert(
    fc.property(fc.array(number, { maxLength: 2000, size: 'max' }), (numbers) => {
      const kept = new WholeNumbers();
      for (const each of numbers) kept.push(each);
      expect(kept.length).toBe(numbers.length);
      expect(numbers.map((_, place) => kept.at(place))).toEqual(numbers);
      expect(() => kept.at(numbers.length)).toThrow('a number is lost');
    }),
    { numRuns: 50 },
  );
});
