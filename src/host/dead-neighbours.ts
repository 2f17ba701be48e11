import * as v from 'valibot';
import { json } from './live-state.ts';
import { run } from './run.ts';

const Neighbours = v.array(
  v.looseObject({ dst: v.string(), dev: v.string(), state: v.optional(v.array(v.string())) }),
);

/** Neighbours that were asked for and did not answer, as `ADDRESS DEVICE`. */
export function deadNeighbours():
  | { readonly value: ReadonlySet<string> }
  | { readonly refused: string } {
  const neighbours = json(run({ argv: ['ip', '-j', 'neigh', 'show'] }), Neighbours);
  if ('refused' in neighbours) return neighbours;
  const failed = neighbours.value.filter(({ state }) => state?.includes('FAILED') === true);
  return { value: new Set(failed.map(({ dst, dev }) => `${dst} ${dev}`)) };
}
