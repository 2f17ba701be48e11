/** One call of a tool: what is run, word by word, and what it reads from standard input. */
export interface Command {
  readonly argv: readonly [string, ...string[]];
  readonly stdin?: string;
  /** Whether it opens its standard input by a name, which can't be done with what Node gives it. */
  readonly opens?: true;
  /** Whether it is nft that lists a ruleset: element by element, so it is given a file to write into. */
  readonly lists?: true;
}

export type Zeroed = 'all' | 'some';
export type Sign = '+' | '-' | '~';

/** One step of a plan. Each is whole by itself: it is done, or it fails, and then it is undone. */
export interface Step {
  readonly sign: Sign;
  /** What it does. */
  readonly title: string;
  /** What it does to packets. */
  readonly effect: string;
  /** What comes and goes with it, line by line. */
  readonly changes: readonly { readonly sign: Sign; readonly text: string }[];
  readonly run: Command;
  /** Takes it back, however much of it was done; none where that can't be. */
  readonly undo?: Command;
  /** Whether a refusal is said and no more: nothing depends on it. */
  readonly optional?: true;
  /** Whether it deletes open connections: of these there may be others by the time it is its turn. */
  readonly kills?: true;
  /** Whether counts of the ruleset begin anew with it: all of them, or those of what changes. */
  readonly zeroes?: Zeroed;
  /** Of nft: the sets, maps and chains whose counts these are, where not all are. */
  readonly zeroesIn?: readonly string[];
}

/** Lines that all come, all go or all change. */
export const signed = (sign: Sign, lines: readonly string[]): Step['changes'] =>
  lines.map((text) => ({ sign, text }));

/** What `ip -batch` reads, for one family. */
export function ipBatch(family: 4 | 6, lines: readonly string[], force = false): Command {
  return {
    argv: ['ip', ...(family === 6 ? ['-6'] : ['-4']), ...(force ? ['-force'] : []), '-batch', '-'],
    stdin: `${lines.join('\n')}\n`,
  };
}

export const isNft = ({ argv }: Command): boolean => argv[0] === 'nft';
export const isIptables = ({ argv }: Command): boolean =>
  /^ip(set|6?tables-restore)$/.test(argv[0]);
