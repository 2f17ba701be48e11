import fc from 'fast-check';
import { expect, it } from 'vitest';
import { contains, intervalSet } from '../net/interval-set.ts';
import { EVERY_DAY, LAST_MINUTE, MINUTES_OF_DAY } from '../net/time-of-day.ts';
import { timePieces } from './time-pieces.ts';

const point = fc.nat(LAST_MINUTE);
const week = fc
  .array(fc.tuple(point, point), { minLength: 1, maxLength: 5 })
  .map((pairs) => intervalSet(pairs.map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)));

it('has exactly the minutes of the week, or exactly the others', () => {
  fc.assert(
    fc.property(
      week,
      fc.boolean(),
      fc.array(point, { minLength: 20 }),
      (minutes, negated, some) => {
        const pieces = timePieces({ kind: 'time', minutes, negated });
        const ends = minutes.flatMap(([low, high]) => [low - 1, low, high, high + 1]);
        for (const at of [...some, ...ends.filter((each) => each >= 0 && each <= LAST_MINUTE)]) {
          const [day, minute] = [Math.floor(at / MINUTES_OF_DAY), at % MINUTES_OF_DAY];
          const fits = pieces.filter(
            ({ days = EVERY_DAY, minutes: [from, to] = [0, MINUTES_OF_DAY - 1] }) =>
              days.includes(day) && minute >= from && minute <= to,
          );
          expect(fits).toHaveLength(contains(minutes, at) === negated ? 0 : 1);
        }
      },
    ),
  );
});

it('puts days with the same hours together, and leaves out what says nothing', () => {
  const daily = EVERY_DAY.map((day) => [day * MINUTES_OF_DAY, day * MINUTES_OF_DAY + 59] as const);
  expect(timePieces({ kind: 'time', minutes: daily, negated: false })).toEqual([
    { minutes: [0, 59] },
  ]);
  const monday = [[0, MINUTES_OF_DAY - 1]] as const;
  expect(timePieces({ kind: 'time', minutes: monday, negated: true })).toEqual([
    { days: [1, 2, 3, 4, 5, 6] },
  ]);
});
