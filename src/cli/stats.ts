import type { Compiled } from '../compile.ts';

/** What one phase of a compile took. */
export interface Phase {
  readonly name: string;
  readonly milliseconds: number;
  /** Of the whole process, when the phase ended; in bytes. */
  readonly memory: number;
}

/** Takes the time between the ends of phases. */
export function startWatch(): { readonly ended: (name: string) => void; readonly phases: Phase[] } {
  const phases: Phase[] = [];
  let last = performance.now();
  return {
    phases,
    ended: (name) => {
      const now = performance.now();
      phases.push({ name, milliseconds: now - last, memory: process.memoryUsage.rss() });
      last = now;
    },
  };
}

/** What became of a policy, and what it took: for `--stats`. */
export function statsText({ artefacts, became }: Compiled, phases: readonly Phase[]): string {
  const { lookUps = [], tests = 0 } = became ?? {};
  const elements = lookUps.reduce((sum, { rules }) => sum + rules.length, 0);
  const bytes = artefacts.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  const rows: readonly (readonly [string, number, string])[] = [
    ['look-ups', lookUps.length, ''],
    ['elements', elements, ''],
    ['linear rules', tests, ''],
    ['bytes', bytes, `in ${artefacts.length} files`],
    ...phases.map(({ name, milliseconds, memory }) => {
      const unit = `ms, then ${Math.round(memory / 2 ** 20)} MB in use`;
      return [name, Math.round(milliseconds), unit] as const;
    }),
  ];
  return rows
    .map(([name, number, unit]) =>
      `${name.padEnd(12)} ${number.toLocaleString('en').padStart(12)} ${unit}`.trimEnd(),
    )
    .join('\n')
    .concat('\n');
}
