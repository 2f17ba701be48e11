import type { Lock, LockedSlot } from './program.ts';

/** An outcome that needs a number; `pin` is the number that its mark asks for. */
export interface Wanted {
  readonly key: string;
  readonly pin?: number;
}

export interface Numbered {
  readonly slots: ReadonlyMap<string, LockedSlot>;
  readonly retired: Lock['retired'];
  /** New outcomes that had to take a retired number, and what that stood for. */
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
  const before = new Map((lock?.retired ?? []).map(({ key, slot }) => [key, slot]));
  const numbers = new Map<string, number>();
  const holders = new Map<number, string>();
  const clashes: Numbered['clashes'][number][] = [];
  const take = (key: string, slot: number): void => {
    numbers.set(key, slot);
    holders.set(slot, key);
  };

  for (const { key, pin } of wanted) {
    if (pin === undefined) continue;
    const holder = holders.get(pin);
    if (holder === undefined) take(key, pin);
    else clashes.push({ key, holder, slot: pin });
  }
  for (const { key, pin } of wanted) {
    const slot = locked.get(key)?.slot;
    if (pin !== undefined || slot === undefined || slot > last) continue;
    const holder = holders.get(slot);
    if (holder === undefined) take(key, slot);
    else clashes.push({ key: holder, holder: key, slot });
  }

  const used = new Set<number>([
    ...(lock?.slots ?? []).map(({ slot }) => slot),
    ...before.values(),
  ]);
  const oldest = [...(lock?.retired ?? [])].filter(({ slot }) => slot <= last);
  const reused: Numbered['reused'][number][] = [];
  const exhausted: string[] = [];
  const clashing = new Set(clashes.map(({ holder }) => holder));
  let next = 1;
  for (const { key, pin } of wanted) {
    if (pin !== undefined || numbers.has(key) || clashing.has(key)) continue;
    const own = before.get(key);
    if (own !== undefined && own <= last && !holders.has(own)) {
      take(key, own);
      continue;
    }
    while (next <= last && (used.has(next) || holders.has(next))) next += 1;
    if (next <= last) {
      take(key, next);
      continue;
    }
    // A retired number that another outcome of this policy is about to take back is not free.
    const mine = new Set(wanted.map((each) => each.key));
    const free = oldest.find(({ slot, key: was }) => !holders.has(slot) && !mine.has(was));
    if (free === undefined) exhausted.push(key);
    else {
      take(key, free.slot);
      reused.push({ key, slot: free.slot, was: free.key });
    }
  }

  const offsets = new Set<number>();
  for (const key of numbers.keys()) offsets.add(locked.get(key)?.rule ?? 0);
  let offset = 1;
  const slots = new Map<string, LockedSlot>();
  for (const [key, slot] of [...numbers].sort(([, a], [, b]) => a - b)) {
    while (offsets.has(offset)) offset += 1;
    const rule = locked.get(key)?.rule ?? offset;
    offsets.add(rule);
    slots.set(key, { slot, key, rule });
  }

  const gone = (lock?.slots ?? []).filter(({ key, slot }) => numbers.get(key) !== slot);
  const retired = [...(lock?.retired ?? []), ...gone.map(({ key, slot }) => ({ slot, key }))]
    .filter(({ slot }) => !holders.has(slot))
    .map(({ slot, key }) => ({ slot, key }));
  return { slots, retired, reused, clashes, exhausted };
}
