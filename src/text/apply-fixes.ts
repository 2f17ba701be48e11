import { applyEdits } from './apply-edits.ts';
import type { Diagnostic, Edit } from './diagnostic.ts';
import type { Source } from './source.ts';

/** What the fixes of some findings come to. */
export interface Fixed {
  /** How many findings they were for. */
  readonly count: number;
  /** Each source that changes, with its new text. */
  readonly texts: ReadonlyMap<Source, string>;
}

/**
 * Gives the right answers to all findings that have one. Of fixes that would touch the same place the
 * first is taken: whether the other is still right is for the next look at the text.
 */
export function applyFixes(diagnostics: readonly Diagnostic[]): Fixed {
  const drafts = new Map<string, Draft>();
  let count = 0;
  for (const { fix } of diagnostics) {
    if (fix === undefined) continue;
    const { source } = fix.edits[0].span;
    const draft = drafts.get(source.name) ?? {
      source,
      edits: [],
      touched: new Uint8Array(source.text.length + 1),
    };
    drafts.set(source.name, draft);
    // A file that is included twice has two sources, and the same findings in both.
    if (draft.source !== source || fix.edits.some((edit) => isTouched(draft, edit))) continue;
    for (const edit of fix.edits) {
      draft.touched.fill(1, ...reach(edit));
      draft.edits.push(edit);
    }
    count += 1;
  }
  const texts = new Map<Source, string>();
  for (const { source, edits } of drafts.values()) {
    texts.set(source, applyEdits(source.text, edits));
  }
  return { count, texts };
}

interface Draft {
  readonly source: Source;
  readonly edits: Edit[];
  /** Of each character whether an edit takes it, or inserts in front of it. */
  readonly touched: Uint8Array;
}

function isTouched({ touched }: Draft, edit: Edit): boolean {
  return touched.subarray(...reach(edit)).includes(1);
}

function reach({ span: { start, end } }: Edit): [number, number] {
  return [start, Math.max(end, start + 1)];
}
