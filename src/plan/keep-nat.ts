import { type Block, keyOf, type NftTable } from './nft-table.ts';

/** What says how the source of what leaves is translated: by slot, and by device. */
const NAT = ['slot_nat', 'uplink_nat'];

/**
 * The table that is wanted, and beside it how what goes was translated: a packet that was marked for it an instant before
 * is still on its way, and would leave with an address of the LAN.
 */
export function keepNat(wanted: NftTable, before: NftTable): NftTable {
  const kept = new Map(wanted);
  for (const name of NAT) {
    const [block, old] = [wanted.get(name), before.get(name)];
    if (block === undefined || old === undefined) continue;
    const known = new Set(block.content.map(keyOf));
    const going = old.content.filter((element) => !known.has(keyOf(element)));
    if (going.length === 0) continue;
    kept.set(name, { ...block, content: [...block.content, ...going] });
    keepChains(kept, before, going);
  }
  return kept;
}

/** The chains that some lines lead to, as far as there are none of their names. */
function keepChains(kept: Map<string, Block>, before: NftTable, lines: readonly string[]): void {
  for (const line of lines) {
    for (const [, name = ''] of line.matchAll(/\b(?:jump|goto) (\S+)/g)) {
      const chain = before.get(name);
      if (kept.has(name) || chain === undefined) continue;
      kept.set(name, chain);
      keepChains(kept, before, chain.content);
    }
  }
}
