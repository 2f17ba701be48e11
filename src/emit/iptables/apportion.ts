/** The match `cluster` tells so many apart (CLUSTER_MAX in xt_cluster.h). */
export const MOST_NODES = 32;

export interface Apportioned {
  readonly nodes: number;
  /** How many nodes each weight gets, in order. */
  readonly parts: readonly number[];
  /** Whether each gets exactly its share. */
  readonly exact: boolean;
}

/** Divides the nodes of `cluster` by weights; by largest remainders where they are too few. */
export function apportion(weights: readonly number[]): Apportioned {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total <= MOST_NODES) return { nodes: total, parts: weights, exact: true };
  const shares = weights.map((weight) => (weight * MOST_NODES) / total);
  const parts = shares.map(Math.floor);
  const left = MOST_NODES - parts.reduce((sum, part) => sum + part, 0);
  const byRemainder = shares
    .map((share, index) => ({ index, remainder: share - Math.floor(share) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, left)) parts[index] = (parts[index] ?? 0) + 1;
  return { nodes: MOST_NODES, parts, exact: parts.every((part, index) => part === shares[index]) };
}
