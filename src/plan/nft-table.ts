/** The table `inet routec` by what stands in it: each set, map and chain by its name. */
export type NftTable = ReadonlyMap<string, Block>;

/** A set, a map or a chain, as `nft list table` shows it. */
export interface Block {
  readonly keyword: string;
  readonly name: string;
  /** Its type, flags and hook: what can't change while it is there. */
  readonly declaration: readonly string[];
  /** Its elements or rules, each on one line. */
  readonly content: readonly string[];
}

const DECLARATION =
  /^(type|typeof|flags|counter|policy|size|timeout|gc-interval|auto-merge|comment|devices?)\b/;

/**
 * Reads what `nft list table inet routec` prints. Counts stand in it: what is reloaded from it goes
 * on where they were.
 */
export function parseNftTable(listing: string): NftTable {
  const blocks = new Map<string, Block>();
  let open: { keyword: string; name: string; declaration: string[]; lines: string[] } | undefined;
  for (const line of listing.split('\n')) {
    const head = /^\t(\S+) (\S+) \{$/.exec(line);
    if (head !== null) {
      open = { keyword: head[1] as string, name: head[2] as string, declaration: [], lines: [] };
    } else if (line === '\t}' && open !== undefined) {
      const { lines, ...block } = open;
      const content = block.keyword === 'chain' ? rulesOf(lines) : elementsOf(lines);
      blocks.set(block.name, { ...block, content });
      open = undefined;
    } else if (open !== undefined) {
      const text = line.trim();
      // A chain's hook is its first line; a set's elements are its last.
      const declares =
        open.lines.length === 0 &&
        DECLARATION.test(text) &&
        (open.keyword !== 'chain' || text.startsWith('type '));
      (declares ? open.declaration : open.lines).push(text);
    }
  }
  return blocks;
}

/** Rules; one with a long list in it is printed over lines. */
function rulesOf(lines: readonly string[]): string[] {
  const rules: string[] = [];
  let depth = 0;
  for (const line of lines) {
    if (depth > 0) rules[rules.length - 1] += ` ${line}`;
    else rules.push(line);
    for (const [brace] of line.replace(QUOTED, '').matchAll(/[{}]/g))
      depth += brace === '{' ? 1 : -1;
  }
  return rules;
}

const QUOTED = /"[^"]*"/g;

/** Elements, out of `elements = { …, … }`. */
function elementsOf(lines: readonly string[]): string[] {
  const text = lines
    .join(' ')
    .replace(/^elements = \{ ?/, '')
    .replace(/ ?\}$/, '');
  return [...text.matchAll(/(?:"[^"]*"|[^",])+/g)]
    .map(([element]) => element.trim())
    .filter((element) => element !== '');
}

/** A block without what packets change: counts, and what a set that fills itself has learned. */
export function settledText({ keyword, declaration, content }: Block): string {
  const lines = learns({ declaration }) ? [] : content;
  return [keyword, ...declaration, ...lines].join('\n').replace(COUNTS, 'counter');
}

/** Whether a set fills itself: what it knows is nobody's to take away. */
export const learns = ({ declaration }: Pick<Block, 'declaration'>): boolean =>
  declaration.some((line) => /^flags .*\b(dynamic|timeout)\b/.test(line));

const COUNTS = /counter packets \d+ bytes \d+/g;

/** A block that has counted nothing yet. */
export const withoutCounts = (block: Block): Block => ({
  ...block,
  content: block.content.map((line) => line.replace(COUNTS, 'counter packets 0 bytes 0')),
});

const withoutCount = (line: string): string => line.replace(COUNTS, 'counter');

/** Whether two blocks are the same, but for what packets change. */
export const isSame = (a: Block, b: Block): boolean => a === b || settledText(a) === settledText(b);

/** Whether it is a chain that packets come past by themselves. */
export const isHooked = ({ keyword, declaration }: Block): boolean =>
  keyword === 'chain' && declaration.length > 0;

/** A transaction that refills the table with these blocks, counts and all, and creates nothing anew. */
export function refill(table: NftTable): string {
  const blocks = [...table.values()];
  return [
    ...open(blocks.map(declare)),
    'flush table inet routec',
    ...blocks
      .filter((block) => block.keyword !== 'chain' && !learns(block))
      .map(({ keyword, name }) => `flush ${keyword} inet routec ${name}`),
    ...open(blocks.flatMap(fill)),
    '',
  ].join('\n');
}

export const open = (blocks: readonly string[]): string[] => [
  'table inet routec {',
  ...blocks,
  '}',
];

export const declare = (block: Block): string => write(block, block.declaration);

export function fill(block: Block): string[] {
  const { keyword, declaration, content } = block;
  if (content.length === 0) return [];
  // A chain's hook that is there already need not be named a second time.
  if (keyword === 'chain') return [write(block, content)];
  return [write(block, [...declaration, `elements = {\n${content.join(',\n')}\n}`])];
}

const write = ({ keyword, name }: Block, lines: readonly string[]): string =>
  [`\t${keyword} ${name} {`, ...lines.map((line) => `\t\t${line}`), '\t}'].join('\n');

/**
 * Two tables without the elements that `nftChange` does not name: between them it is the same, and it does the same, for each
 * element is found by its own key.
 */
export function essence(a: NftTable, b: NftTable): readonly [NftTable, NftTable] {
  const without = (table: NftTable, other: NftTable): NftTable =>
    new Map(
      [...table].map(([name, block]) => {
        const its = other.get(name);
        if (its === undefined || block.keyword === 'chain' || isOther(block, its)) {
          return [name, block];
        }
        if (isSame(block, its)) return [name, { ...block, content: [] }];
        if (!isExact(block)) return [name, block];
        return [name, { ...block, content: linesBeyond(block.content, its.content) }];
      }),
    );
  return [without(a, b), without(b, a)];
}

/** Whether one name is another thing in each. */
export const isOther = (block: Block, old: Block): boolean =>
  old.keyword !== block.keyword || old.declaration.join('\n') !== block.declaration.join('\n');

/** A set or a map of which each element is found by its own key: of intervals one takes as long as all. */
export const isExact = ({ keyword, declaration }: Block): boolean =>
  keyword !== 'chain' && !declaration.some((line) => /^flags .*\binterval\b/.test(line));

/** The lines of the one that the other lacks, whatever they counted. */
export function linesBeyond(lines: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others.map(withoutCount));
  return lines.filter((line) => !known.has(withoutCount(line)));
}

/** What stands before the count and the verdict. */
export const keyOf = (element: string): string =>
  element.replace(/ counter packets \d+ bytes \d+/, '').replace(/ : .*$/, '');

/** The block, with what the lines that stay have counted. */
export function counting(block: Block, old: Block): Block {
  const counted = new Map<string, string[]>();
  for (const line of old.content) {
    const plain = withoutCount(line);
    const its = counted.get(plain);
    if (its === undefined) counted.set(plain, [line]);
    else its.push(line);
  }
  const content = block.content.map((line) => counted.get(withoutCount(line))?.shift() ?? line);
  return { ...block, content };
}
