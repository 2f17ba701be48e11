/** How much may still be tried; counted down by those who try. */
export interface Budget {
  left: number;
}

/** So many packets are tried of one rule, and so many boxes may be left of it. */
export const TRIES = 300;
/** So many of all rules together, beyond the first few of each. */
export const ALL_TRIES = 20_000;
