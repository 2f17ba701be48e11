/** What a compile is at once a phase has ended. */
const NEXT: Readonly<Record<string, string>> = {
  parse: 'reading',
  read: 'checking',
  check: 'lowering',
  lower: 'writing the artefacts out',
};

/** A shorter one is over before anybody has read it; in milliseconds. */
const LONG = 300;

export interface Progress {
  readonly ended: (phase: string) => void;
  /** Wipes what was shown. */
  readonly done: () => void;
}

/** Says on a terminal what a long compile is at, in a line that is gone in the end; nothing anywhere else. */
export function startProgress(
  { isTTY }: { readonly isTTY: boolean } = process.stderr,
  { CI, TERM } = process.env,
  show: (text: string) => void = (text) => {
    process.stderr.write(text);
  },
): Progress {
  const isShown = isTTY && CI === undefined && TERM !== 'dumb';
  // Looking at that clock loads a part of Node that nothing else needs.
  const begin = isShown ? performance.now() : 0;
  let written = false;
  return {
    ended: (phase) => {
      const next = NEXT[phase];
      if (!isShown || next === undefined || performance.now() - begin < LONG) return;
      show(`\r\x1b[K${next} …`);
      written = true;
    },
    done: () => {
      if (written) show('\r\x1b[K');
      written = false;
    },
  };
}
