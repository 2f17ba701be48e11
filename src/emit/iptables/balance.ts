import { bug } from '../../bug.ts';
import type { Balance } from '../../model/program.ts';
import { apportion } from './apportion.ts';
import { slotChain } from './table.ts';

/** Without one of our own, each router would spread its hosts alike. */
export const SEED = '0x726f7574';

/** A chain, and the test for its share; the last one takes what is left. */
export interface Shared {
  readonly share: string;
  readonly to: string;
}

/** The slots of a balance, each with the test for its part of what is left by those before it. */
export function balance({ by, choices }: Balance): Shared[] {
  switch (by) {
    case 'flow':
      return flow(choices);
    case 'source':
      return source(choices);
    case 'source-destination':
      return bug('iptables can not divide by source and destination');
    default:
      by satisfies never;
      return bug('a balance by nothing');
  }
}

type Choices = Balance['choices'];

function flow(choices: Choices): Shared[] {
  let left = choices.reduce((sum, { weight }) => sum + weight, 0);
  return choices.map(({ slot, weight }, index) => {
    const part = weight / left;
    left -= weight;
    const share = `-m statistic --mode random --probability ${part.toFixed(11)}`;
    return { share: index === choices.length - 1 ? '' : share, to: slotChain(slot.number) };
  });
}

function source(choices: Choices): Shared[] {
  const { nodes, parts } = apportion(choices.map(({ weight }) => weight));
  const taken = parts.flatMap((part, index) => Array.from({ length: part }, () => index));
  const last = taken.at(-1);
  return [...taken.filter((index) => index !== last), last ?? 0].map((index, node) => ({
    share: index === last ? '' : clusterTest(nodes, node, SEED),
    to: slotChain(choices[index]?.slot.number ?? bug('a share of nobody')),
  }));
}

/**
 * Tests whether a hash of the source falls to a node, counted from 0. One at a time: iptables 1.8.9
 * takes `--cluster-local-nodemask` only up to 32.
 */
export function clusterTest(nodes: number, node: number, seed: string): string {
  return `-m cluster --cluster-total-nodes ${nodes} --cluster-local-node ${node + 1} --cluster-hash-seed ${seed}`;
}
