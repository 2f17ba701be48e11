import { createColors } from 'picocolors';
import { printable } from '../text/printable.ts';
import { type Palette, plain } from '../text/render-frame.ts';
import { EXIT } from './exit.ts';

/** Data: artefacts, diffs, JSON. */
export function out(text: string): void {
  guarded('stdout').write(text);
}

/** Messages. */
export function say(text: string): void {
  guarded('stderr').write(text);
}

const seen = new Set<'stdout' | 'stderr'>();

/** A stream of this process whose reader may go away (`| head`): that is no failure. */
function guarded(name: 'stdout' | 'stderr'): NodeJS.WriteStream {
  const stream = process[name];
  if (seen.has(name)) return stream;
  seen.add(name);
  return stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT.yes);
  });
}

/** What stopped the command before it could answer. It may quote what was typed, or names of files. */
export function complain(message: string, help?: string): void {
  const { error } = palette();
  const more = help === undefined ? '' : `  = help: ${printable(help)}\n`;
  say(`${error('error')}: ${printable(message)}\n${more}`);
}

/** Colour on a terminal, unless NO_COLOR (no-color.org) or TERM=dumb says otherwise. */
export function palette(stream: NodeJS.WriteStream = process.stderr): Palette {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0';
  const wanted = forced || (stream.isTTY && TERM !== 'dumb');
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
