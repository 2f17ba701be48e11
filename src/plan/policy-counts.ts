import { ownersOf, type PolicyMap } from '../emit/map/read-map.ts';
import type { NftTable } from './nft-table.ts';

export type Count = readonly [packets: number, bytes: number];

/** What the loaded ruleset has counted, in the words of the policy. */
export interface PolicyCounts {
  /**
   * By the id of a rule: the packets that it decided about, so the first of each connection. Empty where the
   * ruleset counts nothing.
   */
  readonly rules: ReadonlyMap<string, Count>;
  /** Rules of whose counts not all are known. */
  readonly unsure: ReadonlySet<string>;
  /** By a balance's chain, then by the place of a member: what it was chosen for. */
  readonly members: ReadonlyMap<string, readonly Count[]>;
  /** By an ordering's slot, then by what its connections became, a slot or main: how many. */
  readonly settled: ReadonlyMap<number, ReadonlyMap<number | 'main', number>>;
  /** Sets, maps and chains that are not as they were loaded, so that nobody knows whose their counts are. */
  readonly strangers: readonly string[];
}

const COUNT = /counter packets (\d+) bytes (\d+)/;

/**
 * Reads the counts of the nft ruleset.
 *
 * @param text `policy.nft`, as it was loaded
 * @param map `policy.map.json` of the same compile
 * @param table what `nft -n` lists, so all numbers
 * @param only the sets, maps and chains whose counts matter, if not those of all
 */
export function policyCounts(
  text: string,
  map: PolicyMap,
  table: NftTable,
  only?: readonly string[],
): PolicyCounts {
  const matters = ([name]: readonly [string, unknown]): boolean => only?.includes(name) ?? true;
  const filled = Object.entries(map.elements).filter(matters);
  const rules = new Map<string, Count>();
  const strangers: string[] = [];
  const unsure = new Set<string>();
  const isStrange = (name: string, owners: readonly string[]): void => {
    strangers.push(name);
    for (const id of owners) unsure.add(id);
  };
  const add = (id: string, [packets, bytes]: Count): void => {
    const [p, b] = rules.get(id) ?? [0, 0];
    rules.set(id, [p + packets, b + bytes]);
  };
  const elements = elementsOf(text, new Set(filled.map(([name]) => name)));
  for (const [name, runs] of filled) {
    const owners = ownersOf(map, runs);
    const keys = elements.get(name) ?? [];
    const block = table.get(name);
    if (block === undefined || keys.length !== owners.length) {
      isStrange(name, owners);
      continue;
    }
    const byKey = new Map(keys.map((key, at) => [key, owners[at] as string]));
    let known = 0;
    for (const line of block.content) {
      const id = byKey.get(keyOf(line));
      if (id === undefined) continue;
      known += 1;
      const count = countOf(line);
      if (count !== undefined) add(id, count);
    }
    if (known !== keys.length || block.content.length !== keys.length) {
      isStrange(name, owners);
    }
  }
  for (const [name, runs] of Object.entries(map.counters).filter(matters)) {
    const owners = ownersOf(map, runs);
    const counts = countsIn(table, name);
    if (counts.length !== owners.length) isStrange(name, owners);
    else for (const [at, count] of counts.entries()) add(owners[at] as string, count);
  }
  return {
    rules,
    unsure,
    members: membersOf(map, table),
    settled: settledOf(map, table),
    strangers,
  };
}

const countOf = (line: string): Count | undefined => {
  const found = COUNT.exec(line);
  return found === null ? undefined : [Number(found[1]), Number(found[2])];
};

const countsIn = (table: NftTable, name: string): Count[] =>
  (table.get(name)?.content ?? []).flatMap((line) => {
    const count = countOf(line);
    return count === undefined ? [] : [count];
  });

/** What an element is looked up by, in one spelling: nft lists some numbers in hexadecimal. */
const keyOf = (element: string): string =>
  element
    .replace(/ counter .*$/, '')
    .replace(/ ?: ?(?:goto|jump|accept|drop)\b.*$/, '')
    .replace(/\b0x[0-9a-f]+\b/g, (number) => String(Number(number)));

/** The keys of the elements that a ruleset fills its sets and maps with, as they stand there: one a line. */
function elementsOf(text: string, wanted: ReadonlySet<string>): Map<string, string[]> {
  const all = new Map<string, string[]>();
  let name = '';
  let open: string[] | undefined;
  for (const line of text.split('\n')) {
    if (open !== undefined) {
      const element = line.trim().replace(/,$/, '');
      if (element === '}') open = undefined;
      else open.push(keyOf(element));
      continue;
    }
    name = /^ {2}(?:set|map) (\S+) \{$/.exec(line)?.[1] ?? name;
    if (line.trim() === 'elements = {' && wanted.has(name)) {
      open = [];
      all.set(name, open);
    }
  }
  return all;
}

function membersOf({ targets }: PolicyMap, table: NftTable): PolicyCounts['members'] {
  const members = new Map<string, Count[]>();
  for (const target of targets) {
    if (!('chain' in target) || target.chain === undefined) continue;
    const { chain, slots } = target;
    const counts = slots.flatMap((_, at) => countsIn(table, `${chain}_${at + 1}`).slice(0, 1));
    if (counts.length === slots.length) members.set(chain, counts);
  }
  return members;
}

/** The chain of an ordering is named after its slot, and each of its lines goes to the chain of one. */
function settledOf({ slots }: PolicyMap, table: NftTable): PolicyCounts['settled'] {
  const orderings = new Set(slots.flatMap(({ slot, settles }) => (settles ? [slot] : [])));
  const settled = new Map<number, Map<number | 'main', number>>();
  for (const { name, content } of table.values()) {
    const slot = Number(/^settle_(\d+)_/.exec(name)?.[1] ?? Number.NaN);
    if (!orderings.has(slot)) continue;
    const its = new Map<number | 'main', number>();
    for (const line of content) {
      const [, to] = /goto to_(?:(\d+)_|main)/.exec(line) ?? [];
      const count = countOf(line);
      if (count === undefined) continue;
      const end = to === undefined ? 'main' : Number(to);
      its.set(end, (its.get(end) ?? 0) + count[0]);
    }
    if (its.size > 0) settled.set(slot, its);
  }
  return settled;
}
