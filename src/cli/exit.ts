/** What the exit codes mean; `--help` lists them too. */
export const EXIT = {
  /** Yes: it is so, it is done. */
  yes: 0,
  /** The answer is no: errors in the policy, artefacts that differ. */
  no: 1,
  /** Could not run: usage, an unreadable file; nothing was changed. */
  failed: 2,
  /** It failed on the way, and all is as it was before. */
  rolledBack: 3,
  /** It failed on the way, and so did the way back. */
  stuck: 4,
  /** Nobody confirmed it, and all is as it was before. */
  reverted: 5,
  /** A bug in routec. */
  bug: 70,
} as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];
