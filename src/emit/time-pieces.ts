import type { Atom } from '../model/program.ts';
import { complement } from '../net/interval-set.ts';
import { EVERY_DAY, LAST_MINUTE, MINUTES_OF_DAY } from '../net/time-of-day.ts';

/** A time on some days, in UTC. */
export interface TimePiece {
  /** Monday is 0; left out where it is every day. */
  readonly days?: readonly number[];
  /** Minutes of the day, both inclusive; left out where it is the whole day. */
  readonly minutes?: readonly [number, number];
}

/** A time as pieces within a day, as all that looks at a clock has them; one of them holds. */
export function timePieces({ minutes, negated }: Atom & { readonly kind: 'time' }): TimePiece[] {
  const daysByPiece = new Map<string, { minutes: [number, number]; days: number[] }>();
  for (const [low, high] of negated ? complement(minutes, LAST_MINUTE) : minutes) {
    for (const day of EVERY_DAY) {
      const from = Math.max(low - day * MINUTES_OF_DAY, 0);
      const to = Math.min(high - day * MINUTES_OF_DAY, MINUTES_OF_DAY - 1);
      if (from > to) continue;
      const piece = daysByPiece.get(`${from}-${to}`) ?? { minutes: [from, to], days: [] };
      piece.days.push(day);
      daysByPiece.set(`${from}-${to}`, piece);
    }
  }
  return [...daysByPiece.values()].map(({ minutes: [from, to], days }) => ({
    ...(days.length === EVERY_DAY.length ? {} : { days }),
    ...(from === 0 && to === MINUTES_OF_DAY - 1 ? {} : { minutes: [from, to] as const }),
  }));
}
