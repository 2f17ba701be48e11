import { countSeverities } from './count-severities.ts';
import type { Diagnostic, Fix } from './diagnostic.ts';
import { jsonText } from './json-text.ts';
import { limitDiagnostics, MOST_PARSED } from './limit-diagnostics.ts';
import { positionOf, type Span } from './source.ts';

/**
 * `{version, diagnostics[], summary}`; fields are only ever added. Lines and columns count from 1,
 * columns in characters; the end is exclusive. A finding with a `count` stands for so many of its kind.
 */
export function renderJson(diagnostics: readonly Diagnostic[]): string {
  const given = limitDiagnostics(diagnostics, MOST_PARSED);
  return jsonText({
    version: 1,
    diagnostics: given.map(({ code, slug, severity, message, labels, help, fix, count }) => ({
      code,
      slug,
      severity,
      message,
      labels: labels.map(({ span, text }) => ({ ...placeOf(span), text })),
      ...(help === undefined ? {} : { help }),
      ...(fix === undefined ? {} : { fix: fixOf(fix) }),
      ...(count === undefined ? {} : { count }),
    })),
    summary: countSeverities(diagnostics),
  });
}

function fixOf({ title, edits }: Fix): object {
  return { title, edits: edits.map(({ span, text }) => ({ ...placeOf(span), text })) };
}

function placeOf(span: Span): object {
  return {
    file: span.source.name,
    start: positionOf(span.source, span.start),
    end: positionOf(span.source, span.end),
  };
}
