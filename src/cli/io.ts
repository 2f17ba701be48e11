import { createColors } from 'picocolors';
import type { Diagnostic } from '../text/diagnostic.ts';
import { renderConcise } from '../text/render-concise.ts';
import { renderJson } from '../text/render-json.ts';
import { type Palette, plain, renderPretty } from '../text/render-pretty.ts';

/** How diagnostics can be shown; the first is the default. */
export const FORMATS = ['pretty', 'concise', 'json'] as const;
export type Format = (typeof FORMATS)[number];

/** Data: artefacts, diffs, JSON. */
export function out(text: string): void {
  process.stdout.write(text);
}

/** Messages. */
export function say(text: string): void {
  process.stderr.write(text);
}

/** What stopped the command before it could answer. */
export function complain(message: string, help?: string): void {
  const { error } = palette();
  say(`${error('error')}: ${message}\n${help === undefined ? '' : `  = help: ${help}\n`}`);
}

/** Findings: JSON is data and goes to standard output, unless that holds artefacts. */
export function showDiagnostics(
  diagnostics: readonly Diagnostic[],
  format: Format,
  artefactsOut = false,
): void {
  switch (format) {
    case 'json':
      (artefactsOut ? say : out)(renderJson(diagnostics));
      break;
    case 'concise':
      say(renderConcise(diagnostics));
      break;
    case 'pretty':
      say(renderPretty(diagnostics, palette()));
      break;
    default:
      format satisfies never;
  }
}

/** Colour on a terminal, unless NO_COLOR (no-color.org) or TERM=dumb says otherwise. */
function palette(): Palette {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0';
  const wanted = forced || (process.stderr.isTTY && TERM !== 'dumb');
  if (!wanted || (NO_COLOR !== undefined && NO_COLOR !== '')) return plain;
  const colours = createColors(true);
  return {
    error: (text) => colours.bold(colours.red(text)),
    warning: (text) => colours.bold(colours.yellow(text)),
    note: (text) => colours.bold(colours.cyan(text)),
    frame: colours.blue,
    strong: colours.bold,
  };
}
