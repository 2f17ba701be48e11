/** What becomes of a packet that has a value. */
export interface Verdict {
  readonly value: string;
  readonly verdict: string;
}

/** One look-up costs a packet what two or three tests of a value do. */
const FEW = 2;

/** Verdicts as tests one after the other, where they are so few that a look-up of them costs more. */
export function fewTests(expression: string, verdicts: readonly Verdict[]): string[] | undefined {
  if (verdicts.length > FEW) return undefined;
  return verdicts.map(({ value, verdict }) => `${expression} ${value} ${verdict}`);
}
