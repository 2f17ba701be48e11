import type { Lock } from '../model/program.ts';
import type { Loaded } from '../policy/load.ts';
import type { Source } from '../text/source.ts';

/** What a page knows of a policy: its texts, and the numbers that it has. */
export interface PageData {
  /** Of routec, which wrote it. */
  readonly version: string;
  /** The policy's own file: one of the files. */
  readonly entry: string;
  /** Name and text of each file that the policy reads. */
  readonly files: readonly (readonly [string, string])[];
  readonly lock: Lock;
}

/**
 * What a page is to hold of a policy that was loaded, or those of its files that no page may show: they
 * lie outside the policy's folder.
 */
export function pageData(
  { sources, lists }: Loaded,
  about: Omit<PageData, 'files'>,
): PageData | { readonly hidden: readonly Source[] } {
  const all = [...sources, ...lists.values()];
  const hidden = all.filter(({ quotable }) => !quotable);
  if (hidden.length > 0) return { hidden };
  return { ...about, files: [...new Map(all.map(({ name, text }) => [name, text]))] };
}
