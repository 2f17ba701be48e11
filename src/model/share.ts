/** One way through a balance: the member that is taken, and the one that steps in for it. */
export interface Choice {
  readonly first: number;
  /** The same as `first` where there is no other. */
  readonly second: number;
  readonly weight: number;
}

/**
 * Divides a balance so that shares are exact, and stay so with one member down: its part goes to
 * the others by their weights. The weights of the choices are whole and have no common divisor.
 */
export function share(weights: readonly number[]): Choice[] {
  if (weights.length === 1) return [{ first: 0, second: 0, weight: 1 }];
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // first i: w(i) of the total; then second j: w(j) of what is left without i.
  const common = weights.reduce((product, weight) => lcm(product, BigInt(total - weight)), 1n);
  const choices = weights.flatMap((weight, first) =>
    weights.flatMap((other, second) =>
      first === second
        ? []
        : [{ first, second, exact: (BigInt(weight * other) * common) / BigInt(total - weight) }],
    ),
  );
  const divisor = choices.reduce((sum, { exact }) => gcd(sum, exact), 0n);
  return choices.map(({ first, second, exact }) => ({
    first,
    second,
    weight: Number(exact / divisor),
  }));
}

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));
const lcm = (a: bigint, b: bigint): bigint => (a / gcd(a, b)) * b;
