import { startFinder } from './text/start-finder.ts';

/**
 * Things in order, each of which may be made anew whenever it is asked for: a hundred thousand that are kept
 * cost more than making those that somebody looks at, twice. An array is one, too.
 */
export interface Series<T> extends Iterable<T> {
  readonly length: number;
  at(place: number): T | undefined;
}

/** So many things, each made when it is asked for; places are whole numbers from 0. */
export function series<T>(length: number, make: (place: number) => T): Series<T> {
  return {
    length,
    at: (place) => (place >= 0 && place < length ? make(place) : undefined),
    // No generator: V8 makes nothing of what this one hands out.
    [Symbol.iterator]: () => {
      let next = 0;
      return {
        next: () => {
          if (next >= length) return { done: true, value: undefined };
          const value = make(next);
          next += 1;
          return { done: false, value };
        },
      };
    },
  };
}

const kept = new WeakMap<object, readonly unknown[]>();

/** All of a series, the very same ones whenever they are asked for: for whoever tells them apart by what they are. */
export function allOf<T>(things: Series<T>): readonly T[] {
  if (Array.isArray(things)) return things;
  const made = (kept.get(things) as readonly T[] | undefined) ?? [...things];
  kept.set(things, made);
  return made;
}

/** Those of a series from one place to another, which is exclusive and may lie beyond its end. */
export function stretch<T>(things: Series<T>, from: number, to: number): Series<T> {
  const end = Math.min(to, things.length);
  if (from === 0 && end === things.length) return things;
  return series(Math.max(0, end - from), (place) => things.at(from + place) as T);
}

/** Series one after the other. */
export function joined<T>(parts: readonly Series<T>[]): Series<T> {
  const full = parts.filter((part) => part.length > 0);
  const [only] = full;
  if (only !== undefined && full.length === 1) return only;
  const starts: number[] = [];
  let length = 0;
  for (const part of full) {
    starts.push(length);
    length += part.length;
  }
  const find = startFinder(starts);
  return series(length, (place) => {
    const index = find(place);
    return full[index]?.at(place - (starts[index] as number)) as T;
  });
}
