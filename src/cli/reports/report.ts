import type { Label } from '../../text/diagnostic.ts';

/** Where a statement stands. */
export interface Place {
  /** As the person named it. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** The statement, on one line. */
  readonly text: string;
}

/** How one expectation fared. */
export interface Case extends Place {
  /** `open` is neither: not everything could be looked at; and what is `skip`ped was not tried at all. */
  readonly result: 'pass' | 'fail' | 'open' | 'skip';
  /** What it came to, on one line; empty where it passed. */
  readonly message: string;
  /** What was expected, as the language writes it. */
  readonly expected: string;
  /** What a packet got instead. */
  readonly got?: string;
  /** That packet, as `routec explain` takes it. */
  readonly packet?: string;
  /** The line that decided; absent where no rule took the packet. */
  readonly rule?: Place;
  /** What decides if a packet gets the answer: fields by their words. */
  readonly decides: readonly string[];
  /** More to say, a line each. */
  readonly notes: readonly string[];
  /** What is shown underlined. */
  readonly labels: readonly [Label, ...Label[]];
}

/** What the tests of one policy came to. */
export interface Report {
  readonly file: string;
  /** What the cases are; expectations if nothing is said. */
  readonly of?: 'expectations' | 'rules' | 'lines';
  /** What is wrong with the policy itself, on one line: then nothing was tried. */
  readonly broken?: string;
  readonly cases: readonly Case[];
  /** How many rules there are, and which of them decide nothing that is expected. */
  readonly rules: number;
  readonly unexpected: readonly Place[];
}

/** How many of the cases of all policies came to what; a policy that is wrong is one that failed. */
export function count(reports: readonly Report[]): {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly open: number;
  readonly skipped: number;
} {
  const cases = reports.flatMap((report) => report.cases);
  const of = (result: Case['result']): number =>
    cases.filter((each) => each.result === result).length;
  const broken = reports.filter((report) => report.broken !== undefined).length;
  return {
    total: cases.length + broken,
    passed: of('pass'),
    failed: of('fail') + broken,
    open: of('open'),
    skipped: of('skip'),
  };
}
