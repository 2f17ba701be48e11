import type { Diagnostic, Severity } from './diagnostic.ts';

/** How many findings there are of each severity. */
export function countSeverities(diagnostics: readonly Diagnostic[]): Record<Severity, number> {
  const count = { error: 0, warning: 0, note: 0 };
  for (const each of diagnostics) count[each.severity] += each.count ?? 1;
  return count;
}
