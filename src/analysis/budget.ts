/** How much may still be done; counted down by those who do it. */
export interface Budget {
  /** Packets that are tried. */
  tries: number;
  /** Boxes that a packet, or another box, is compared with. */
  comparisons: number;
}

/** So many packets are tried of one rule, and so many boxes may be left of it. */
export const TRIES = 300;
/** The first ones of a rule are on the house: most need no more. */
const FREE_TRIES = 3;

/** What there is for all rules together: some tenths of a second, if all of it is needed. */
export function fullBudget(): Budget {
  return { tries: 20_000, comparisons: 600_000 };
}

/** Whether nothing is left. */
export function isSpent({ tries, comparisons }: Budget): boolean {
  return tries < 0 || comparisons < 0;
}

/** Whether a packet more may be tried of a rule, of which so many were; counts it. */
export function mayTry(budget: Budget, tried: number): boolean {
  if (tried >= FREE_TRIES) budget.tries -= 1;
  return tried < TRIES && !isSpent(budget);
}
