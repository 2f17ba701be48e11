import {
  type Block,
  declare,
  fill,
  isExact,
  isOther,
  isSame,
  keyOf,
  linesBeyond,
  type NftTable,
  open,
} from './nft-table.ts';

/**
 * A transaction that leads from one table to another by what is not the same in both: elements come and go where a set
 * or a map stays, a chain is filled anew where its rules change, and what stays keeps its counts. What has one name and
 * is another thing in each is deleted, and made anew. Empty if nothing is to be done.
 */
export function nftChange(to: NftTable, from: NftTable): string {
  const changed = [...to.values()].flatMap((block) => {
    const old = from.get(block.name);
    return old === undefined || isSame(old, block) ? [] : [{ block, old }];
  });
  const others = changed.filter(({ block, old }) => isOther(block, old));
  const alike = changed.filter(({ block, old }) => !isOther(block, old));
  const made = [...blocksBeyond(to, from), ...others.map(({ block }) => block)];
  const gone = blocksBeyond(from, to);
  const anew = alike.filter(({ block }) => !isExact(block)).map(({ block }) => block);
  const lines = [
    ...others.flatMap(({ old }) => [flush(old), remove(old)]),
    ...opened(made.map(declare)),
    ...[...anew, ...gone].map(flush),
    ...alike
      .filter(({ block }) => isExact(block))
      .flatMap(({ block: { name, content }, old }) => [
        ...element('delete', name, linesBeyond(old.content, content).map(keyOf)),
        ...element('add', name, linesBeyond(content, old.content)),
      ]),
    ...opened([...anew, ...made].flatMap(fill)),
    // Sets and maps first: they lead to chains.
    ...gone.filter(({ keyword }) => keyword !== 'chain').map(remove),
    ...gone.filter(({ keyword }) => keyword === 'chain').map(remove),
  ];
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** The blocks of one table of whose names the other has none. */
export const blocksBeyond = (table: NftTable, other: NftTable): Block[] =>
  [...table.values()].filter(({ name }) => !other.has(name));

const flush = ({ keyword, name }: Block): string => `flush ${keyword} inet routec ${name}`;
const remove = ({ keyword, name }: Block): string => `delete ${keyword} inet routec ${name}`;
const opened = (blocks: readonly string[]): string[] => (blocks.length === 0 ? [] : open(blocks));

const element = (verb: 'add' | 'delete', name: string, list: readonly string[]): string[] =>
  list.length === 0 ? [] : [`${verb} element inet routec ${name} {`, list.join(',\n'), '}'];

/** The names of the sets, maps and chains of which it may lose counts. */
export function losing(to: NftTable, from: NftTable): string[] {
  return [...from.values()].flatMap((old) => {
    const block = to.get(old.name);
    if (block === old || !old.content.some((line) => line.includes('counter packets '))) return [];
    if (block !== undefined) {
      if (isSame(block, old)) return [];
      if (isExact(block) && linesBeyond(old.content, block.content).length === 0) return [];
    }
    return [old.name];
  });
}
