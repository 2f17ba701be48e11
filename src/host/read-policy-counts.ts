import { readMap } from '../emit/map/read-map.ts';
import { type PolicyCounts, policyCounts } from '../plan/policy-counts.ts';
import type { Running } from './draw-plan.ts';
import { readNftTable } from './live-state.ts';

/** What the ruleset has counted for the lines of a policy; nothing where none of it is loaded. */
export function readPolicyCounts({
  files,
}: Running): PolicyCounts | { readonly refused: string } | undefined {
  const map = readMap(files['map.json'] ?? '');
  if (map === undefined || files.nft === undefined) return undefined;
  const table = readNftTable(true);
  if ('refused' in table) return table;
  return table.value === undefined ? undefined : policyCounts(files.nft, map, table.value);
}
