import type { Diagnostic } from './diagnostic.ts';

/** So many of a kind are shown to a person, */
export const MOST_READ = 100;
/** and so many are given to a program. */
export const MOST_PARSED = 1000;

/**
 * The findings, of each kind at most so many: a million errors are not a million messages. Where more
 * are left than one, the first of them stands for all, says how many, and counts as many.
 */
export function limitDiagnostics(
  diagnostics: readonly Diagnostic[],
  most: number,
): readonly Diagnostic[] {
  const left = new Map<string, number>();
  for (const { code } of diagnostics) left.set(code, (left.get(code) ?? -most) + 1);
  const seen = new Map<string, number>();
  return diagnostics.flatMap((each) => {
    const { code } = each;
    const before = seen.get(code) ?? 0;
    seen.set(code, before + 1);
    const count = left.get(code) ?? 0;
    if (before < most || count === 1) return [each];
    return before === most ? [standIn(each, count)] : [];
  });
}

function standIn({ code, slug, severity, labels: [{ span }] }: Diagnostic, count: number) {
  const message = `and ${count} more \`${slug}\`, from here on`;
  return { code, slug, severity, message, labels: [{ span, text: '' }], count } as const;
}
