import type { Span } from '../src/text/source.ts';

/** A comment that allows findings of some kinds: `# routec: allow RC223, no-way`. */
export interface Allowance {
  /** From its `#` to the next one, or to the end of the line. */
  readonly span: Span;
  /** Codes and slugs as they were written; none where it can't be understood. */
  readonly kinds: readonly { readonly text: string; readonly span: Span }[];
  /** The lines of the statement on which it stands; void where it stands on none. */
  readonly lines?: Span;
}
