import { expect, it } from 'vitest';
import { isFault } from './fault.ts';
import { EVERY_DAY, minutesOfWeek, scanDays, scanTimeOfDay } from './time-of-day.ts';

const minutes = (range: string, days?: string) => {
  const time = scanTimeOfDay(range);
  const listed = days === undefined ? { value: EVERY_DAY } : scanDays(days);
  if (isFault(time) || isFault(listed)) throw new Error(`${range} ${days}`);
  return minutesOfWeek(time.value, listed.value);
};
const at = (day: number, hour: number, minute = 0): number => (day * 24 + hour) * 60 + minute;

it.each([
  ['08:00-17:30', 'tue', [[at(1, 8), at(1, 17, 30) - 1]]],
  // Over midnight it belongs to the day it began on.
  ['22:00-06:00', 'mon', [[at(0, 22), at(1, 6) - 1]]],
  ['22:00-06:00', 'fri', [[at(4, 22), at(5, 6) - 1]]],
  [
    '22:00-06:00',
    'sun',
    [
      [0, at(0, 6) - 1],
      [at(6, 22), at(7, 0) - 1],
    ],
  ],
  ['22:00-00:00', 'sun', [[at(6, 22), at(7, 0) - 1]]],
  ['22:00-24:00', 'sun', [[at(6, 22), at(7, 0) - 1]]],
  [
    '12:00-12:01',
    'sat-mon',
    [
      [at(0, 12), at(0, 12)],
      [at(5, 12), at(5, 12)],
      [at(6, 12), at(6, 12)],
    ],
  ],
  ['00:00-24:00', 'wed-thu', [[at(2, 0), at(4, 0) - 1]]],
  ['00:00-24:00', undefined, [[0, at(7, 0) - 1]]],
])('%s %s', (range, days, expected) => {
  expect(minutes(range, days)).toEqual(expected);
});

it('every night is a time of each day', () => {
  const nights = minutes('23:00-01:00');
  expect(nights).toHaveLength(8);
  expect(nights[0]).toEqual([0, 59]);
  expect(nights[7]).toEqual([at(6, 23), at(7, 0) - 1]);
});
