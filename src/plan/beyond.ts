/** The lines of the one that the other lacks, in their order. */
export function beyond(lines: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return lines.filter((line) => !known.has(line));
}
