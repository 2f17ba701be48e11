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
  return `${escapeControls(JSON.stringify(body, null, 2))}\n`;
}

/** What JSON leaves raw and a terminal would obey or reorder: C1, DEL, bidirectional controls. */
function escapeControls(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
