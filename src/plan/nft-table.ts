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
const learns = ({ declaration }: Pick<Block, 'declaration'>): boolean =>
  declaration.some((line) => /^flags .*\b(dynamic|timeout)\b/.test(line));

const COUNTS = /counter packets \d+ bytes \d+/g;

/** Whether it is a chain that packets come past by themselves. */
export const isHooked = ({ keyword, declaration }: Block): boolean =>
  keyword === 'chain' && declaration.length > 0;

/** The names of the blocks of one table that the other lacks. */
export function namesBeyond(table: NftTable, other: NftTable | undefined): string[] {
  return [...table.keys()].filter((name) => other?.has(name) !== true);
}

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

/**
 * A transaction that brings the sets and maps of a new shape, filled, with the chains that they lead
 * to: in the instant in which a map is created a look-up may miss, so none may use it yet. What has a
 * hook comes with its rules, later.
 */
export function bring(table: NftTable, names: readonly string[]): string {
  const blocks = blocksOf(table, names).filter((block) => !isHooked(block));
  return [
    ...open([
      ...blocks.map(declare),
      ...blocks.filter(({ keyword }) => keyword !== 'chain').flatMap(fill),
    ]),
    '',
  ].join('\n');
}

/** A transaction that deletes blocks that nothing uses any more. */
export function remove(table: NftTable, names: readonly string[]): string {
  const blocks = blocksOf(table, names);
  const chains = blocks.filter(({ keyword }) => keyword === 'chain');
  const others = blocks.filter(({ keyword }) => keyword !== 'chain');
  return [
    ...[...chains, ...others].map(({ keyword, name }) => `flush ${keyword} inet routec ${name}`),
    ...[...others, ...chains].map(({ keyword, name }) => `delete ${keyword} inet routec ${name}`),
    '',
  ].join('\n');
}

const blocksOf = (table: NftTable, names: readonly string[]): Block[] =>
  names.flatMap((name) => table.get(name) ?? []);

const open = (blocks: readonly string[]): string[] => ['table inet routec {', ...blocks, '}'];

const declare = (block: Block): string => write(block, block.declaration);

function fill(block: Block): string[] {
  const { keyword, declaration, content } = block;
  if (content.length === 0) return [];
  // A chain's hook that is there already need not be named a second time.
  if (keyword === 'chain') return [write(block, content)];
  return [write(block, [...declaration, `elements = {\n${content.join(',\n')}\n}`])];
}

const write = ({ keyword, name }: Block, lines: readonly string[]): string =>
  [`\t${keyword} ${name} {`, ...lines.map((line) => `\t\t${line}`), '\t}'].join('\n');
