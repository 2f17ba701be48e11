import { KINDS } from '../kinds.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import { renderConcise } from '../text/render-concise.ts';
import { renderGithub } from '../text/render-github.ts';
import { renderJson } from '../text/render-json.ts';
import { renderPretty } from '../text/render-pretty.ts';
import { type Rule, renderSarif } from '../text/render-sarif.ts';
import { hint } from './hint.ts';
import { out, palette, say } from './io.ts';
import { pageOf } from './page-of.ts';
import { VERSION } from './version.ts';

/** How diagnostics can be shown; the first is the default. */
export const FORMATS = ['pretty', 'concise', 'json', 'sarif', 'github'] as const;
export type Format = (typeof FORMATS)[number];

/** Findings: those that programs read go to standard output, unless that holds artefacts. */
export function showDiagnostics(
  diagnostics: readonly Diagnostic[],
  format: Format,
  artefactsOut = false,
): void {
  const data = artefactsOut ? say : out;
  switch (format) {
    case 'json':
      data(renderJson(diagnostics));
      break;
    case 'sarif':
      data(renderSarif(diagnostics, VERSION, ruleOf));
      break;
    case 'github':
      data(renderGithub(diagnostics));
      break;
    case 'concise':
      say(renderConcise(diagnostics));
      break;
    case 'pretty':
      say(renderPretty(diagnostics, palette()));
      if (process.stderr.isTTY) say(hint(diagnostics));
      break;
    default:
      format satisfies never;
  }
}

function ruleOf(code: string): Rule | undefined {
  const kind = KINDS.find((each) => each.code === code);
  return kind === undefined ? undefined : { title: kind.title, page: pageOf(kind) };
}
