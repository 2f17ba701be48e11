import { applyEdits } from './apply-edits.ts';
import { countSeverities } from './count-severities.ts';
import type { Diagnostic, Fix } from './diagnostic.ts';
import { MOST_READ } from './limit-diagnostics.ts';
import { printable } from './printable.ts';
import { cut, type Palette, plain, renderFrame } from './render-frame.ts';
import { lineAt, positionOf, type Span } from './source.ts';

/**
 * Source lines with the spans underlined, as `rustc` prints them, and a count at the end. Whatever
 * their kinds, those that no screen holds are only counted.
 */
export function renderPretty(diagnostics: readonly Diagnostic[], palette: Palette = plain): string {
  if (diagnostics.length === 0) return '';
  const shown = diagnostics.slice(0, MOST_READ).map((diagnostic) => one(diagnostic, palette));
  const left = diagnostics.length - shown.length;
  if (left > 0) shown.push(`... and ${left} more (\`--format json\` lists more)\n`);
  return `${shown.join('\n')}\n${summary(diagnostics)}\n`;
}

function one(diagnostic: Diagnostic, palette: Palette): string {
  const { severity, code, message, labels, help, fix } = diagnostic;
  const changed = fix === undefined ? undefined : changedLine(fix);
  const { pad, lines } = renderFrame(labels, severity, palette, changed?.line);
  const out = [
    palette.strong(`${palette[severity](`${severity}[${code}]`)}: ${printable(message)}`),
    ...lines,
  ];
  if (help !== undefined) out.push(`${pad} ${palette.frame('=')} help: ${printable(help)}`);
  if (changed !== undefined) {
    const number = palette.frame(String(changed.line).padStart(pad.length));
    out.push(`${number} ${palette.frame('+')} ${cut(changed.text, changed.at).shown}`);
  }
  return `${out.join('\n')}\n`;
}

/** The line that a fix leaves; nothing where it touches several. */
function changedLine({ edits }: Fix): { line: number; text: string; at: number } | undefined {
  const [first, ...others] = edits.map(({ span }) => span) as [Span, ...Span[]];
  const { line } = positionOf(first.source, first.start);
  const { text, start } = lineAt(first.source, line);
  const inside = ({ start: from, end }: Span): boolean =>
    from >= start && end <= start + text.length;
  if (![first, ...others].every(inside)) return undefined;
  return { line, text: applyEdits(text, edits, start), at: first.start - start };
}

function summary(diagnostics: readonly Diagnostic[]): string {
  const count = countSeverities(diagnostics);
  const said = (['error', 'warning', 'note'] as const)
    .filter((severity) => count[severity] > 0)
    .map((severity) => `${count[severity]} ${severity}${count[severity] === 1 ? '' : 's'}`);
  const files = new Set(diagnostics.map(({ labels: [{ span }] }) => span.source.name));
  const where = files.size === 1 ? ` in ${printable([...files][0] as string)}` : '';
  return `${said.join(', ')}${where}`;
}
