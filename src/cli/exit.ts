/** What the exit codes mean; `--help` lists them too. */
export const EXIT = {
  /** Yes: it is so, it is done. */
  yes: 0,
  /** The answer is no: errors in the policy, artefacts that differ. */
  no: 1,
  /** Could not run: usage, an unreadable file. */
  failed: 2,
  /** A bug in routec. */
  bug: 70,
} as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];
