import { type Interval, type IntervalSet, intervalSet } from '../net/interval-set.ts';
import { EVERY_DAY, LAST_MINUTE, MINUTES_OF_DAY } from '../net/time-of-day.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
/** More times are only counted. */
const SHOWN = 6;

/**
 * Minutes of the week, from Monday 00:00, as the language writes a time: `22:00-06:00 fri`. Where one time does not say
 * it they stand one behind the other.
 */
export function formatMinutes(minutes: IntervalSet<number>): string {
  const daysByTime = new Map<string, number[]>();
  for (const [low, high] of overWeekEnd(minutes).flatMap(withinADay)) {
    const time = `${clock(low)}-${(high + 1) % MINUTES_OF_DAY === 0 ? '24:00' : clock(high + 1)}`;
    daysByTime.set(time, [...(daysByTime.get(time) ?? []), Math.floor(low / MINUTES_OF_DAY)]);
  }
  const all = [...daysByTime].map(([time, days]) => `${time} ${daysText(days)}`.trimEnd());
  const more = all.length > SHOWN ? ` and ${all.length - SHOWN} more` : '';
  return `${all.slice(0, SHOWN).join(', ')}${more}`;
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

/** The time of the day of a minute of the week. */
function clock(minute: number): string {
  const [hour, rest] = [Math.floor(minute / 60) % 24, minute % 60];
  return [hour, rest].map((each) => String(each).padStart(2, '0')).join(':');
}

/** Days in their order, Monday is 0; nothing where it is all of them. */
function daysText(all: readonly number[]): string {
  const days = intervalSet(all.map((day): Interval<number> => [day % 7, day % 7]));
  const runs = days.map(([from, to]) => (from === to ? DAYS[from] : `${DAYS[from]}-${DAYS[to]}`));
  return all.length === EVERY_DAY.length ? '' : runs.join(',');
}
