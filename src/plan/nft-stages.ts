import { bug } from '../bug.ts';
import { copyName } from './copy-name.ts';
import { keepNat } from './keep-nat.ts';
import {
  type Block,
  counting,
  isExact,
  isHooked,
  isOther,
  isSame,
  learns,
  type NftTable,
  withoutCounts,
} from './nft-table.ts';

/** The tables that stand there one after the other, a transaction apart; often some of them are the same. */
export interface NftStages {
  /** What is new: sets and maps filled, chains without rules. And a copy of each set and map that changes. */
  readonly brought: NftTable;
  /** The rules ask the copies. */
  readonly copied: NftTable;
  /** What changes is as it is wanted. */
  readonly filled: NftTable;
  /** The rules are those that are wanted. What goes is still there. */
  readonly ruled: NftTable;
  readonly last: NftTable;
}

/**
 * The way from one table to another, on which each packet meets either the one or the other. A packet goes by the rules
 * that stood there as it came past the hook, but a look-up answers by what it holds in that very moment (`nft_do_chain` in
 * the kernel reads the generation once, each look-up for itself, and intervals are exchanged later still): of two look-ups
 * that change at once it might meet the old one and then the new one, and find in neither what stands in the other. So
 * what rules ask changes only while they ask a copy; or as the only one that changes.
 *
 * @param atOnce whether what rules ask may change all the same
 */
export function nftStages(wanted: NftTable, before: NftTable, atOnce: boolean): NftStages {
  // What is refilled as a whole counts anew.
  const counted = atOnce ? new Map() : before;
  const last = goingOn(wanted, counted);
  const meanwhile = goingOn(keepNat(wanted, before), counted);
  const asked = new Set([...before.values()].flatMap(asks));
  const changed = [...meanwhile.values()].filter((block) => {
    const old = before.get(block.name);
    return block.keyword !== 'chain' && old !== undefined && !isSame(block, old);
  });
  const live = changed.filter(({ name }) => asked.has(name));
  const moving = atOnce || isOneLookUp(live, meanwhile, before) ? [] : live;
  const copies = new Map(moving.map(({ name }) => [name, copyName(name, asked)]));

  const brought = new Map(before);
  for (const block of meanwhile.values()) {
    if (before.has(block.name) || isHooked(block)) continue;
    brought.set(block.name, block.keyword === 'chain' ? { ...block, content: [] } : block);
  }
  for (const block of changed) if (!asked.has(block.name)) brought.set(block.name, block);
  for (const [name, copy] of copies) {
    const old = before.get(name);
    if (old !== undefined) brought.set(copy, { ...withoutCounts(old), name: copy });
  }
  const copied = new Map([...brought].map(([name, block]) => [name, asking(block, copies)]));
  const filled = new Map(copied);
  for (const block of moving) filled.set(block.name, block);
  const ruled = new Map(meanwhile);
  for (const [name, block] of filled) {
    if (!ruled.has(name)) ruled.set(name, isHooked(block) ? { ...block, content: [] } : block);
  }
  return { brought, copied, filled, ruled, last };
}

/** What is filled anew counts on, and knows what it has learned. */
function goingOn(table: NftTable, before: NftTable): NftTable {
  return new Map(
    [...table].map(([name, block]) => {
      const old = before.get(name);
      if (old === undefined || isSame(block, old)) return [name, block];
      if (learns(block)) return [name, { ...block, content: old.content }];
      return [name, isExact(block) ? block : counting(block, old)];
    }),
  );
}

/** A set or a map that rules ask; nothing in quotes is one. */
const ASKED = /"[^"]*"|@([\w./-]+)/g;

const asks = ({ keyword, content }: Block): string[] =>
  keyword === 'chain'
    ? content.flatMap((rule) => [...rule.matchAll(ASKED)].flatMap(([, name]) => name ?? []))
    : [];

function asking(block: Block, copies: ReadonlyMap<string, string>): Block {
  if (!asks(block).some((name) => copies.has(name))) return block;
  const content = block.content.map((rule) =>
    rule.replace(ASKED, (all, name) => (copies.has(name) ? `@${copies.get(name)}` : all)),
  );
  // What it has counted until then is read before; twice it would be counted twice.
  return withoutCounts({ ...block, content });
}

/**
 * Whether no rule changes, and no packet asks two of these: there are elements by exact keys of one alone, or of one for
 * each family. They come and go all at once.
 */
function isOneLookUp(asked: readonly Block[], table: NftTable, before: NftTable): boolean {
  const names = new Set([...table.keys(), ...before.keys()]);
  const isRuledAlike = [...names].every((name) => {
    const [block, old] = [table.get(name), before.get(name)];
    if (block === undefined || old === undefined) return !isHooked(block ?? old ?? bug('no block'));
    return block.keyword !== 'chain' || isSame(block, old);
  });
  if (!isRuledAlike) return false;
  const families = asked.map(({ declaration: [type = ''] }) =>
    type.includes('ipv4_addr') ? 4 : type.includes('ipv6_addr') ? 6 : 0,
  );
  const apart = families.length < 2 || [...families].sort().join() === '4,6';
  return (
    apart &&
    asked.every((block) => {
      const old = before.get(block.name);
      return isExact(block) && old !== undefined && !isOther(block, old);
    })
  );
}
