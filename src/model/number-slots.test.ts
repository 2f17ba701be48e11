import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Numbered, numberSlots, type Wanted } from './number-slots.ts';
import type { Lock } from './program.ts';

const RUNS = { numRuns: Number(process.env.ROUTEC_RUNS ?? 500) };
const LAST = 6;
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

const lockOf = ({ slots, retired }: Numbered): Lock => ({
  options: {},
  slots: [...slots.values()],
  retired,
});
const want = (...keys: string[]): Wanted[] => keys.map((key) => ({ key }));
const slotOf = ({ slots }: Numbered, key: string): number | undefined => slots.get(key)?.slot;
const sound = ({ clashes, exhausted }: Numbered): boolean =>
  clashes.length === 0 && exhausted.length === 0;

const wanted = fc
  .tuple(
    fc.shuffledSubarray(KEYS, { maxLength: LAST }),
    fc.array(fc.option(fc.integer({ min: 1, max: LAST }), { freq: 3, nil: undefined }), {
      minLength: KEYS.length,
      maxLength: KEYS.length,
    }),
    fc.boolean(),
  )
  .map(([keys, pins, pinned]): Wanted[] =>
    keys.map((key, index) => {
      const pin = pinned && index < 2 ? pins[index] : undefined;
      // How many rules an outcome takes goes with its key.
      const rules = key > 'f' ? { rules: 3 } : {};
      return pin === undefined ? { key, ...rules } : { key, pin, ...rules };
    }),
  );
/** What a policy wanted in each of its compiles, one after the other. */
const history = fc.array(wanted, { minLength: 1, maxLength: 8 });

/** Runs a history as compiles do: what has an error leaves the lock as it was. */
function replay(
  steps: readonly Wanted[][],
  look: (step: Wanted[], lock: Lock | undefined, out: Numbered, used: Set<number>) => void,
): void {
  let lock: Lock | undefined;
  const used = new Set<number>();
  for (const step of steps) {
    const out = numberSlots(step, lock, LAST);
    look(step, lock, out, used);
    if (!sound(out)) continue;
    for (const { slot } of out.slots.values()) used.add(slot);
    lock = lockOf(out);
  }
}

describe('over a history of compiles', () => {
  it('each outcome has a number of its own, from 1 to the last', () => {
    fc.assert(
      fc.property(history, (steps) => {
        replay(steps, (step, _, out) => {
          const slots = [...out.slots.values()].map(({ slot }) => slot);
          expect(new Set(slots).size).toBe(slots.length);
          expect(slots.every((slot) => slot >= 1 && slot <= LAST)).toBe(true);
          if (sound(out)) {
            expect([...out.slots.keys()].sort()).toEqual(step.map(({ key }) => key).sort());
          }
          for (const [key, slot] of out.slots) expect(slot.key).toBe(key);
        });
      }),
      RUNS,
    );
  });

  it('pins hold; what is locked stays', () => {
    fc.assert(
      fc.property(history, (steps) => {
        replay(steps, (step, lock, out) => {
          if (!sound(out)) return;
          for (const { key, pin } of step) {
            const locked = lock?.slots.find((each) => each.key === key);
            if (pin !== undefined) expect(slotOf(out, key)).toBe(pin);
            else if (locked !== undefined) expect(slotOf(out, key)).toBe(locked.slot);
            if (locked !== undefined) expect(out.slots.get(key)?.rules).toEqual(locked.rules);
          }
        });
      }),
      RUNS,
    );
  });

  it('a new number was never used before, unless that is reported', () => {
    fc.assert(
      fc.property(history, (steps) => {
        replay(steps, (step, lock, out, used) => {
          if (!sound(out)) return;
          for (const { key, pin } of step) {
            const slot = slotOf(out, key) as number;
            const locked = lock?.slots.some((each) => each.key === key);
            const own = lock?.retired.some((each) => each.key === key && each.slot === slot);
            const reported = out.reused.some((each) => each.key === key && each.slot === slot);
            if (locked || own) expect(reported && pin === undefined).toBe(false);
            else expect(reported).toBe(used.has(slot));
          }
        });
      }),
      RUNS,
    );
  });

  it('each number that was ever used is held or retired, once', () => {
    fc.assert(
      fc.property(history, (steps) => {
        replay(steps, (_, _lock, out, used) => {
          if (!sound(out)) return;
          const held = [...out.slots.values()].map(({ slot }) => slot);
          const all = [...held, ...out.retired.map(({ slot }) => slot)];
          expect(all.sort()).toEqual([...new Set([...used, ...held])].sort());
        });
      }),
      RUNS,
    );
  });

  it('over its own lock nothing changes, in any order', () => {
    fc.assert(
      fc.property(history, (steps) => {
        replay(steps, (step, _, out) => {
          if (!sound(out)) return;
          const again = numberSlots(step, lockOf(out), LAST);
          expect(lockOf(again)).toEqual(lockOf(out));
          expect(again.reused).toEqual([]);
          expect(sound(again)).toBe(true);
          const turned = numberSlots([...step].reverse(), lockOf(out), LAST);
          expect(lockOf(turned)).toEqual(lockOf(out));
        });
      }),
      RUNS,
    );
  });

  it('rules have places of their own', () => {
    fc.assert(
      fc.property(history, (steps) => {
        replay(steps, (step, _, out) => {
          for (const [key, slot] of out.slots) {
            const its = step.find((each) => each.key === key)?.rules ?? 1;
            expect(slot.rules).toHaveLength(its);
          }
          const rules = [...out.slots.values()].flatMap((slot) => slot.rules);
          expect(new Set(rules).size).toBe(rules.length);
          expect(rules.every((rule) => rule >= 1)).toBe(true);
        });
      }),
      RUNS,
    );
  });

  it('nothing is refused while a number is free', () => {
    fc.assert(
      fc.property(history, (steps) => {
        replay(steps, (step, _, out) => {
          if (out.clashes.length > 0) return;
          // At most as many outcomes as numbers: retired ones are free in the end.
          expect(step.length).toBeLessThanOrEqual(LAST);
          expect(out.exhausted).toEqual([]);
        });
      }),
      RUNS,
    );
  });

  it('a clash names one that has the number and one that wants it', () => {
    fc.assert(
      fc.property(history, (steps) => {
        replay(steps, (step, lock, out) => {
          for (const { key, holder, slot } of out.clashes) {
            expect(step).toContainEqual(expect.objectContaining({ key, pin: slot }));
            expect(key).not.toBe(holder);
            const pinned = step.some((each) => each.key === holder && each.pin === slot);
            const locked = lock?.slots.some((each) => each.key === holder && each.slot === slot);
            expect(pinned || locked).toBe(true);
          }
        });
      }),
      RUNS,
    );
  });
});

describe('by example', () => {
  it('a first compile numbers as wanted, pins first', () => {
    const out = numberSlots([{ key: 'a' }, { key: 'b', pin: 1 }, { key: 'c' }], undefined, LAST);
    expect(slotOf(out, 'b')).toBe(1);
    expect(slotOf(out, 'a')).toBe(2);
    expect(slotOf(out, 'c')).toBe(3);
  });

  it('lines that are added, moved and removed renumber no other', () => {
    const first = numberSlots(want('a', 'b', 'c'), undefined, LAST);
    const second = numberSlots(want('d', 'c', 'a'), lockOf(first), LAST);
    expect(slotOf(second, 'a')).toBe(1);
    expect(slotOf(second, 'c')).toBe(3);
    expect(slotOf(second, 'd')).toBe(4);
    expect(second.retired).toEqual([{ slot: 2, key: 'b' }]);
  });

  it('one that comes back gets its own number', () => {
    const first = numberSlots(want('a', 'b'), undefined, LAST);
    const second = numberSlots(want('a', 'c'), lockOf(first), LAST);
    const third = numberSlots(want('d', 'b', 'a'), lockOf(second), LAST);
    expect(slotOf(third, 'b')).toBe(2);
    expect(slotOf(third, 'd')).toBe(4);
    expect(third.reused).toEqual([]);
  });

  it('with all used up the one retired longest ago is taken, and that is reported', () => {
    const steps = [want('a', 'b', 'c', 'd', 'e', 'f'), want('a', 'b', 'd', 'e', 'f')];
    let lock: Lock | undefined;
    for (const step of [...steps, want('a', 'd', 'e', 'f')]) {
      lock = lockOf(numberSlots(step, lock, LAST));
    }
    const out = numberSlots(want('g', 'a', 'd', 'e', 'f'), lock, LAST);
    expect(out.reused).toEqual([{ key: 'g', slot: 3, was: 'c' }]);
    expect(out.retired).toEqual([{ slot: 2, key: 'b' }]);
    // What comes back finds its number taken: it takes the next, and says so.
    const back = numberSlots(want('c', 'g', 'a', 'd', 'e', 'f'), lockOf(out), LAST);
    expect(back.reused).toEqual([{ key: 'c', slot: 2, was: 'b' }]);
  });

  it('a number that another outcome is about to take back is not given away', () => {
    const full = numberSlots(want('a', 'b', 'c', 'd', 'e', 'f'), undefined, LAST);
    const fewer = numberSlots(want('c', 'd', 'e', 'f'), lockOf(full), LAST);
    const out = numberSlots(want('g', 'a', 'c', 'd', 'e', 'f'), lockOf(fewer), LAST);
    expect(slotOf(out, 'a')).toBe(1);
    expect(out.reused).toEqual([{ key: 'g', slot: 2, was: 'b' }]);
  });

  it('a number that its outcome left for a pin stays retired', () => {
    let lock: Lock | undefined;
    for (const pin of [2, 3, 4]) {
      lock = lockOf(numberSlots([{ key: 'a', pin }], lock, LAST));
    }
    expect(lock?.retired).toEqual([
      { slot: 2, key: 'a' },
      { slot: 3, key: 'a' },
    ]);
    const out = numberSlots([{ key: 'a', pin: 4 }, ...want('b', 'c')], lock, LAST);
    expect([slotOf(out, 'b'), slotOf(out, 'c')]).toEqual([1, 5]);
    expect(out.reused).toEqual([]);
  });

  it('a number that its outcome left for a pin can be used again when all are used up', () => {
    let lock = lockOf(numberSlots([{ key: 'a', pin: 1 }, ...want('b')], undefined, 3));
    lock = lockOf(numberSlots([{ key: 'a', pin: 3 }, ...want('b')], lock, 3));
    const out = numberSlots([{ key: 'a', pin: 3 }, ...want('b', 'c')], lock, 3);
    expect(out.exhausted).toEqual([]);
    expect(out.reused).toEqual([{ key: 'c', slot: 1, was: 'a' }]);
  });

  it('one for another with all used up: the number that is given back now is taken', () => {
    const full = numberSlots(want('a', 'b', 'c'), undefined, 3);
    const out = numberSlots(want('a', 'c', 'd'), lockOf(full), 3);
    expect(out.exhausted).toEqual([]);
    expect(out.reused).toEqual([{ key: 'd', slot: 2, was: 'b' }]);
  });

  it('more outcomes than numbers: those left over are named', () => {
    const out = numberSlots(want('a', 'b', 'c', 'd'), undefined, 2);
    expect(out.exhausted).toEqual(['c', 'd']);
  });

  it('two pins on one number clash, the first has it', () => {
    const out = numberSlots(
      [
        { key: 'a', pin: 2 },
        { key: 'b', pin: 2 },
      ],
      undefined,
      LAST,
    );
    expect(out.clashes).toEqual([{ key: 'b', holder: 'a', slot: 2 }]);
    expect(out.exhausted).toEqual([]);
  });

  it('a pin on a number that the lock gave another clashes', () => {
    const first = numberSlots(want('a', 'b'), undefined, LAST);
    const out = numberSlots([{ key: 'c', pin: 2 }, ...want('a', 'b')], lockOf(first), LAST);
    expect(out.clashes).toEqual([{ key: 'c', holder: 'b', slot: 2 }]);
  });

  it('a mask that became smaller gives new numbers to what no longer fits', () => {
    const wide = numberSlots([{ key: 'a', pin: 60 }, ...want('b')], undefined, 100);
    const out = numberSlots(want('a', 'b'), lockOf(wide), LAST);
    expect(slotOf(out, 'b')).toBe(1);
    expect(slotOf(out, 'a')).toBe(2);
    expect(out.retired).toEqual([{ slot: 60, key: 'a' }]);
  });
});
