/** Why a word is not what it should be, and what to write instead, where that is likely. */
export interface Fault {
  readonly fault: string;
  readonly write?: string;
  /** Whether nothing else than that can have been meant. */
  readonly certain?: true;
}

/** A value, or why the text is none. */
export type Scanned<T> = { readonly value: T } | Fault;

/** Tells a fault from a value. */
export function isFault<T>(scanned: Scanned<T>): scanned is Fault {
  return 'fault' in scanned;
}
