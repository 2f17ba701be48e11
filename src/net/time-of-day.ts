import { nearest } from '../text/nearest.ts';
import type { Scanned } from './fault.ts';
import { type IntervalSet, intervalSet } from './interval-set.ts';

/** From inclusive, to exclusive, in minutes of the day; `from` after `to` goes over midnight. */
export interface TimeOfDay {
  readonly from: number;
  readonly to: number;
}

/** `HH:MM-HH:MM`; `24:00` may end it. */
export function scanTimeOfDay(text: string): Scanned<TimeOfDay> {
  const parts = /^([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})$/.exec(text);
  const [h1 = Number.NaN, m1 = 0, h2 = 0, m2 = 0] = (parts?.slice(1) ?? []).map(Number);
  const [from, to] = [h1 * 60 + m1, h2 * 60 + m2];
  const fits = h1 < 24 && m1 < 60 && m2 < 60 && to <= 24 * 60;
  if (!fits) return { fault: `\`${text}\` is not a time of day, as in 08:00-17:30` };
  if (from === to) return { fault: `\`${text}\` is no time at all`, write: '00:00-24:00' };
  return { value: { from, to } };
}

export const MINUTES_OF_DAY = 24 * 60;
/** The last minute of a week that begins on Monday at 00:00. */
export const LAST_MINUTE = 7 * MINUTES_OF_DAY - 1;

/** The minutes of a week at a time of those days; over midnight it belongs to the day it began on. */
export function minutesOfWeek(
  { from, to }: TimeOfDay,
  days: readonly number[],
): IntervalSet<number> {
  const last = to > from ? to - 1 : to - 1 + MINUTES_OF_DAY;
  return intervalSet(
    days.flatMap((day): [number, number][] => {
      const [low, high] = [day * MINUTES_OF_DAY + from, day * MINUTES_OF_DAY + last];
      if (high <= LAST_MINUTE) return [[low, high]];
      return [
        [low, LAST_MINUTE],
        [0, high - LAST_MINUTE - 1],
      ];
    }),
  );
}

export const EVERY_DAY: readonly number[] = [0, 1, 2, 3, 4, 5, 6];

/** In their order; Monday is 0. */
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** A day or a range of days, which may go over the weekend; Monday is 0. */
export function scanDays(text: string): Scanned<readonly number[]> {
  const [first = '', last = first, ...more] = text.split('-');
  const [from, to] = [DAYS.indexOf(first), DAYS.indexOf(last)];
  if (from >= 0 && to >= 0 && more.length === 0) {
    const count = ((to - from + 7) % 7) + 1;
    return { value: Array.from({ length: count }, (_, index) => (from + index) % 7) };
  }
  const meant = nearest(text, DAYS);
  const fault = `\`${text}\` is no day: write \`mon\` to \`sun\`, or a range as in \`mon-fri\``;
  return meant === undefined ? { fault } : { fault, write: meant };
}

/** The time of the day, `HH:MM`, of a minute of the week or of a day. */
export function formatTimeOfDay(minute: number): string {
  const [hour, rest] = [Math.floor(minute / 60) % 24, minute % 60];
  return [hour, rest].map((each) => String(each).padStart(2, '0')).join(':');
}
