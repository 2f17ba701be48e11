import { complement, type Interval, type IntervalSet, intervalSet } from '../net/interval-set.ts';
import {
  DAYS,
  EVERY_DAY,
  formatTimeOfDay,
  LAST_MINUTE,
  MINUTES_OF_DAY,
} from '../net/time-of-day.ts';

/** More times are only counted. */
const SHOWN = 6;

/**
 * A time as the language writes it, from minutes of the week: `22:00-06:00 fri`, or `not` that where that is shorter. Where
 * one time does not say it they stand one behind the other.
 */
export function formatMinutes(minutes: IntervalSet<number>, negated: boolean): string {
  const [said, unsaid] = [timesOf(minutes), timesOf(complement(minutes, LAST_MINUTE))];
  const turned = unsaid.length < said.length;
  const all = turned ? unsaid : said;
  const more = all.length > SHOWN ? ` and ${all.length - SHOWN} more` : '';
  return `${turned === negated ? '' : 'not '}${all.slice(0, SHOWN).join(', ')}${more}`;
}

/** Each time of the day once, with its days. */
function timesOf(minutes: IntervalSet<number>): string[] {
  const daysByTime = new Map<string, number[]>();
  for (const [low, high] of overWeekEnd(minutes).flatMap(withinADay)) {
    const end = (high + 1) % MINUTES_OF_DAY === 0 ? '24:00' : formatTimeOfDay(high + 1);
    const time = `${formatTimeOfDay(low)}-${end}`;
    daysByTime.set(time, [...(daysByTime.get(time) ?? []), Math.floor(low / MINUTES_OF_DAY)]);
  }
  return [...daysByTime].map(([time, days]) => `${time} ${daysText(days)}`.trimEnd());
}

/** What goes over the end of the week is one time: it began on Sunday. */
function overWeekEnd(minutes: IntervalSet<number>): IntervalSet<number> {
  const [first, last] = [minutes[0], minutes.at(-1)];
  if (minutes.length < 2 || first?.[0] !== 0 || last?.[1] !== LAST_MINUTE) return minutes;
  return [...minutes.slice(1, -1), [last[0], LAST_MINUTE + 1 + first[1]]];
}

/** A time may go over one midnight; what is longer than a day is said day by day. */
function withinADay([low, high]: Interval<number>): Interval<number>[] {
  if (high - low < MINUTES_OF_DAY) return [[low, high]];
  const end = (Math.floor(low / MINUTES_OF_DAY) + 1) * MINUTES_OF_DAY - 1;
  return [[low, end], ...withinADay([end + 1, high])];
}

/** Days in their order, Monday is 0; nothing where it is all of them. */
function daysText(all: readonly number[]): string {
  const days = intervalSet(all.map((day): Interval<number> => [day % 7, day % 7]));
  const runs = days.map(([from, to]) => (from === to ? DAYS[from] : `${DAYS[from]}-${DAYS[to]}`));
  return all.length === EVERY_DAY.length ? '' : runs.join(',');
}
