/** A chain of our own: comments, and the words behind `-A NAME`. */
export interface Chain {
  readonly name: string;
  readonly rules: readonly string[];
}

/** What leads into a chain of ours: loaded once, for a built-in chain takes it again at every load. */
export interface Jump {
  readonly from: 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING';
  readonly to: string;
  /** First of its chain, or behind what is there. */
  readonly place: 'first' | 'last';
}

export interface Table {
  readonly name: 'filter' | 'nat' | 'mangle';
  readonly chains: readonly Chain[];
  readonly jumps: readonly Jump[];
  /** Chains of it that other files fill. */
  readonly kept?: readonly string[];
}

/** A chain; all of ours begin alike. */
export const chain = (name: string, rules: readonly string[]): Chain => ({
  name: `routec-${name}`,
  rules,
});

/** The chain that marks for a slot. */
export const slotChain = (slot: number): string => `routec-slot-${slot}`;
