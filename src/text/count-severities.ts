import type { Severity } from './diagnostic.ts';

/** How many findings there are of each severity. */
export function countSeverities(
  findings: readonly { readonly severity: Severity; readonly count?: number | undefined }[],
): Record<Severity, number> {
  const count = { error: 0, warning: 0, note: 0 };
  for (const each of findings) count[each.severity] += each.count ?? 1;
  return count;
}
