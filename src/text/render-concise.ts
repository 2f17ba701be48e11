import type { Diagnostic } from './diagnostic.ts';
import { limitDiagnostics, MOST_READ } from './limit-diagnostics.ts';
import { printable } from './printable.ts';
import { positionOf } from './source.ts';

/** `file:line:column: severity[code]: message`, one finding a line. */
export function renderConcise(diagnostics: readonly Diagnostic[]): string {
  return limitDiagnostics(diagnostics, MOST_READ)
    .map(({ labels: [{ span }], severity, code, message }) => {
      const { line, column } = positionOf(span.source, span.start);
      return `${printable(span.source.name)}:${line}:${column}: ${severity}[${code}]: ${printable(message)}\n`;
    })
    .join('');
}
