import type { Lock, LockedSlot } from './program.ts';

/** An outcome that needs a number; `pin` is the number that its mark asks for. */
export interface Wanted {
  readonly key: string;
  readonly pin?: number;
  /** How many `ip rule`s it takes; 1 where nothing is said. */
  readonly rules?: number;
}

export interface Numbered {
  readonly slots: ReadonlyMap<string, LockedSlot>;
  readonly retired: Lock['retired'];
  /** Outcomes whose number stood for something else before, and what that was. */
  readonly reused: readonly { readonly key: string; readonly slot: number; readonly was: string }[];
  /** Two outcomes that want one number; `holder` has it by its own pin or by the lock. */
  readonly clashes: readonly {
    readonly key: string;
    readonly holder: string;
    readonly slot: number;
  }[];
  /** Outcomes for which no number is left. */
  readonly exhausted: readonly string[];
}

/**
 * Gives each outcome its number, 1 to `last`: pins first, then what the lock says, then numbers
 * never used in the order wanted, then the one retired longest ago. Pure: equal input, equal output.
 */
export function numberSlots(
  wanted: readonly Wanted[],
  lock: Lock | undefined,
  last: number,
): Numbered {
  const locked = new Map((lock?.slots ?? []).map((slot) => [slot.key, slot]));
  const retiredBefore = lock?.retired ?? [];
  const numbers = new Map<string, number>();
  const holders = new Map<number, string>();
  const clashes: Numbered['clashes'][number][] = [];
  const reused: Numbered['reused'][number][] = [];
  const take = (key: string, slot: number): void => {
    numbers.set(key, slot);
    holders.set(slot, key);
  };
  const takeRetired = (key: string, slot: number, was: string): void => {
    take(key, slot);
    if (was !== key) reused.push({ key, slot, was });
  };

  for (const { key, pin } of wanted) {
    if (pin === undefined) continue;
    const holder = holders.get(pin);
    const was =
      [...(lock?.slots ?? []), ...retiredBefore].find(({ slot }) => slot === pin)?.key ?? key;
    if (holder === undefined) takeRetired(key, pin, was);
    else clashes.push({ key, holder, slot: pin });
  }
  for (const { key, pin } of wanted) {
    const slot = locked.get(key)?.slot;
    if (pin !== undefined || slot === undefined || slot > last) continue;
    const holder = holders.get(slot);
    if (holder === undefined) take(key, slot);
    else clashes.push({ key: holder, holder: key, slot });
  }
  const clashing = new Set(clashes.map(({ holder }) => holder));
  const open = wanted
    .filter(({ key, pin }) => pin === undefined && !numbers.has(key) && !clashing.has(key))
    .map(({ key }) => key);
  for (const key of open) {
    // What comes back takes the number that it had last.
    const own = retiredBefore.findLast((each) => each.key === key && each.slot <= last);
    if (own !== undefined && !holders.has(own.slot)) take(key, own.slot);
  }

  const gone = (lock?.slots ?? []).filter(({ key, slot }) => numbers.get(key) !== slot);
  const past = [...retiredBefore, ...gone];
  const used = new Set([...(lock?.slots ?? []), ...retiredBefore].map(({ slot }) => slot));
  const exhausted: string[] = [];
  let next = 1;
  for (const key of open) {
    if (numbers.has(key)) continue;
    while (next <= last && (used.has(next) || holders.has(next))) next += 1;
    const oldest = past.find(({ slot }) => slot <= last && !holders.has(slot));
    if (next <= last) take(key, next);
    else if (oldest !== undefined) takeRetired(key, oldest.slot, oldest.key);
    else exhausted.push(key);
  }
  const slots = giveRules(wanted, numbers, locked);
  const retired = past
    .filter(({ slot }) => !holders.has(slot))
    .map(({ slot, key }) => ({ slot, key }));
  const clashed = new Set(clashes.map(({ slot }) => slot));
  return {
    slots,
    retired,
    reused: reused.filter(({ slot }) => !clashed.has(slot)),
    clashes,
    exhausted,
  };
}

/** Gives each outcome the offsets of its rules: those of the lock, or else the lowest free ones. */
function giveRules(
  wanted: readonly Wanted[],
  numbers: ReadonlyMap<string, number>,
  locked: ReadonlyMap<string, LockedSlot>,
): Map<string, LockedSlot> {
  const counts = new Map(wanted.map(({ key, rules = 1 }) => [key, rules]));
  // A key says how many tiers it has, so the count differs only where the lock was edited.
  const kept = (key: string): readonly number[] | undefined => {
    const rules = locked.get(key)?.rules;
    return rules?.length === counts.get(key) ? rules : undefined;
  };
  const used = new Set([...numbers.keys()].flatMap((key) => kept(key) ?? []));
  let next = 1;
  const free = (): number => {
    while (used.has(next)) next += 1;
    used.add(next);
    return next;
  };
  const slots = new Map<string, LockedSlot>();
  for (const [key, slot] of [...numbers].sort(([, a], [, b]) => a - b)) {
    const rules = kept(key) ?? Array.from({ length: counts.get(key) ?? 1 }, free);
    slots.set(key, { slot, key, rules });
  }
  return slots;
}
