import { countSeverities } from './count-severities.ts';
import type { Diagnostic, Label } from './diagnostic.ts';
import { positionOf } from './source.ts';

/**
 * `{version, diagnostics[], summary}`; fields are only ever added. Lines and columns count from 1,
 * columns in characters; the end is exclusive.
 */
export function renderJson(diagnostics: readonly Diagnostic[]): string {
  const place = ({ span, text }: Label) => ({
    file: span.source.name,
    start: positionOf(span.source, span.start),
    end: positionOf(span.source, span.end),
    text,
  });
  const body = {
    version: 1,
    diagnostics: diagnostics.map(({ code, slug, severity, message, labels, help }) => ({
      code,
      slug,
      severity,
      message,
      labels: labels.map(place),
      ...(help === undefined ? {} : { help }),
    })),
    summary: countSeverities(diagnostics),
  };
  return `${JSON.stringify(body, null, 2)}\n`;
}
