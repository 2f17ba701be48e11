import { type PolicyMap, readMap } from '../emit/map/read-map.ts';
import { FAMILIES } from '../net/address.ts';
import { iptablesCounts } from '../plan/iptables-counts.ts';
import type { NftTable } from '../plan/nft-table.ts';
import { type PolicyCounts, policyCounts } from '../plan/policy-counts.ts';
import { lockOf, type Running } from './draw-plan.ts';
import { kernelFamilies, readNftTable } from './live-state.ts';
import { run } from './run.ts';

type Read = PolicyCounts | { readonly refused: string } | undefined;

/**
 * What the ruleset has counted for the lines of a policy; nothing where none of it is loaded.
 *
 * @param known that of nft in numbers, where it was just read
 * @param only the sets, maps and chains that matter, and alone have been read
 */
export function readPolicyCounts(
  running: Running,
  known?: NftTable,
  only?: readonly string[],
): Read {
  const { files } = running;
  const map = readMap(files['map.json'] ?? '');
  if (map === undefined) return { refused: 'what was applied is of another version of routec' };
  if (files.nft === undefined) return readIptables(running, map);
  const table = known === undefined ? readNftTable(true) : { value: known };
  if ('refused' in table) return table;
  return table.value === undefined ? undefined : policyCounts(files.nft, map, table.value, only);
}

function readIptables(running: Running, map: PolicyMap): Read {
  const saves: string[] = [];
  const families = FAMILIES.filter((family) => kernelFamilies().includes(family));
  for (const family of families) {
    const tool = family === 4 ? 'iptables-save' : 'ip6tables-save';
    const ran = run({ argv: [tool, '-c', '-t', 'mangle'] });
    if ('refused' in ran) return ran;
    saves.push(ran.stdout);
  }
  if (!saves.some((save) => /^:routec-/m.test(save))) return undefined;
  const { ipset = '' } = running.files;
  const sets = ipset === '' ? { stdout: '' } : run({ argv: ['ipset', 'save'] });
  if ('refused' in sets) return sets;
  const mask = Number(lockOf(running)?.options['mark-mask']);
  return iptablesCounts(saves, sets.stdout, ipset, map, mask);
}
