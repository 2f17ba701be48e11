import type { Diagnostic } from '../text/diagnostic.ts';

/** One line that stands below findings on a terminal: where to read on, and what mends them. */
export function hint(diagnostics: readonly Diagnostic[]): string {
  const worst = diagnostics.find(({ severity }) => severity === 'error') ?? diagnostics[0];
  if (worst === undefined) return '';
  const fixes = diagnostics.filter(
    ({ fix }) => fix !== undefined && fix.edits[0].span.source.name !== '<stdin>',
  );
  const mends = fixes.length === 0 ? '' : `; \`routec check --fix\` mends ${fixes.length} of these`;
  return `\`routec --explain ${worst.code}\` says more${mends}\n`;
}
