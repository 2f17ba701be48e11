import type { Diagnostic } from './diagnostic.ts';

/** By file in the order in which they first appear, then by place; equal places keep their order. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const files = new Map<unknown, number>();
  for (const { labels } of diagnostics) {
    const { source } = labels[0].span;
    if (!files.has(source)) files.set(source, files.size);
  }
  const file = ({ labels: [{ span }] }: Diagnostic): number => files.get(span.source) ?? 0;
  const start = ({ labels: [{ span }] }: Diagnostic): number => span.start;
  return [...diagnostics].sort((a, b) => file(a) - file(b) || start(a) - start(b));
}
