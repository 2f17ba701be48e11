import fc from 'fast-check';
import { expect, it } from 'vitest';
import { allOf, joined, type Series, series, stretch } from './series.ts';

/** What a series says of itself, asked in every way. */
function said<T>(things: Series<T>): unknown {
  const { length } = things;
  const backwards = Array.from({ length }, (_, at) => things.at(length - 1 - at)).reverse();
  return { length, all: [...things], backwards, beyond: [things.at(length), allOf(things).length] };
}

it('a series is the things that it is made of, whatever it is put together from', () => {
  const lists = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { maxLength: 5 });
  fc.assert(
    fc.property(lists, fc.nat(12), fc.nat(12), (parts, one, other) => {
      const made = parts.map((part) => series(part.length, (at) => part[at] as number));
      const whole = parts.flat();
      expect(said(joined(made))).toEqual(said(whole));
      const [from, to] = [one, other]
        .map((each) => Math.min(each, whole.length))
        .sort((a, b) => a - b);
      const cut = stretch(joined(made), from as number, to as number);
      expect(said(cut)).toEqual(said(whole.slice(from, to)));
    }),
  );
});

it('all of a series are the very same whenever they are asked for', () => {
  const things = series(2, (at) => ({ at }));
  expect(things.at(1)).not.toBe(things.at(1));
  expect(allOf(things)[1]).toBe(allOf(things)[1]);
});
