import type { Log, PhysicalLocation, Region, ReportingDescriptor, Result } from 'sarif';
import type { Diagnostic } from './diagnostic.ts';
import { jsonText } from './json-text.ts';
import { limitDiagnostics, MOST_PARSED } from './limit-diagnostics.ts';
import { type Position, positionOf, regionOf, type Span } from './source.ts';

/** What there is to say of a code, whatever was found. */
export interface Rule {
  readonly title: string;
  /** Markdown. */
  readonly page: string;
}

/** The Static Analysis Results Interchange Format, 2.1.0, for code hosts and editors. */
export function renderSarif(
  diagnostics: readonly Diagnostic[],
  version: string,
  ruleOf: (code: string) => Rule | undefined,
): string {
  const given = limitDiagnostics(diagnostics, MOST_PARSED);
  const found = [...new Map(given.map((each) => [each.code, each])).values()].sort((a, b) =>
    a.code < b.code ? -1 : 1,
  );
  const codes = found.map(({ code }) => code);
  const log: Log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'routec',
            semanticVersion: version,
            rules: found.map((each) => descriptor(each, ruleOf(each.code))),
          },
        },
        columnKind: 'unicodeCodePoints',
        results: given.map((each) => resultOf(each, codes.indexOf(each.code))),
      },
    ],
  };
  return jsonText(log);
}

function descriptor(
  { code, slug, severity }: Diagnostic,
  rule: Rule | undefined,
): ReportingDescriptor {
  return {
    id: code,
    name: slug,
    defaultConfiguration: { level: severity },
    ...(rule === undefined
      ? {}
      : {
          shortDescription: { text: rule.title },
          help: { text: rule.page, markdown: rule.page },
        }),
  };
}

function resultOf(
  { code, severity, message, help, labels: [primary, ...others], fix, count }: Diagnostic,
  ruleIndex: number,
): Result {
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text: help === undefined ? message : `${message}\n${help}` },
    locations: [{ physicalLocation: placeOf(primary.span) }],
    ...(count === undefined ? {} : { occurrenceCount: count }),
    ...(others.length === 0
      ? {}
      : {
          relatedLocations: others.map(({ span, text }, index) => ({
            id: index + 1,
            physicalLocation: placeOf(span),
            ...(text === '' ? {} : { message: { text } }),
          })),
        }),
    ...(fix === undefined
      ? {}
      : {
          fixes: [
            {
              description: { text: fix.title },
              artifactChanges: [
                {
                  artifactLocation: { uri: uriOf(fix.edits[0].span.source.name) },
                  replacements: fix.edits.map(({ span, text }) => ({
                    deletedRegion: region(
                      positionOf(span.source, span.start),
                      positionOf(span.source, span.end),
                    ),
                    insertedContent: { text },
                  })),
                },
              ],
            },
          ],
        }),
  };
}

function placeOf(span: Span): PhysicalLocation {
  const { start, end } = regionOf(span);
  return { artifactLocation: { uri: uriOf(span.source.name) }, region: region(start, end) };
}

function region(start: Position, end: Position): Region {
  return {
    startLine: start.line,
    startColumn: start.column,
    endLine: end.line,
    endColumn: end.column,
  };
}

/** A path as a URI reference: relative to where routec ran, as the person wrote it. */
function uriOf(name: string): string {
  const path = name
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .split('/')
    .map(encodeURIComponent)
    .join('/');
  return name.startsWith('/') ? `file://${path}` : path;
}
