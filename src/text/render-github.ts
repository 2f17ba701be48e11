import type { Diagnostic, Severity } from './diagnostic.ts';
import { limitDiagnostics, MOST_READ } from './limit-diagnostics.ts';
import { printable } from './printable.ts';
import { regionOf } from './source.ts';

const COMMAND: Record<Severity, string> = { error: 'error', warning: 'warning', note: 'notice' };

/**
 * A workflow command of GitHub Actions a finding: `::error file=...,line=...,title=...::message`.
 * GitHub takes columns only of what begins and ends on one line.
 */
export function renderGithub(diagnostics: readonly Diagnostic[]): string {
  return limitDiagnostics(diagnostics, MOST_READ)
    .map(({ severity, code, slug, message, help, labels: [{ span }] }) => {
      const { start, end } = regionOf(span);
      const place =
        start.line === end.line
          ? { line: start.line, col: start.column, endColumn: end.column }
          : { line: start.line, endLine: end.line };
      const properties = { file: span.source.name, ...place, title: `${code} ${slug}` };
      const said = [message, ...(help === undefined ? [] : [`help: ${help}`])];
      const list = Object.entries(properties).map(([name, value]) => `${name}=${property(value)}`);
      return `::${COMMAND[severity]} ${list.join(',')}::${said.map(data).join('%0A')}\n`;
    })
    .join('');
}

function data(text: string): string {
  return printable(text).replaceAll('%', '%25');
}

function property(value: string | number): string {
  return data(String(value)).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
