/** Something about this machine that its owner should know. */
export interface Finding {
  /** `error`: with it a policy can't do what it says, and none is applied; `warning`: it hurts; `note`: good to know. */
  readonly severity: 'error' | 'warning' | 'note';
  /** What it is, and what it hurts. */
  readonly message: string;
  /** What to do. */
  readonly help?: string;
}
