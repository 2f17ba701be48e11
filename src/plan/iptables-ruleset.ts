/** What routec has in ipset and in the tables of iptables, by `TOOL TABLE NAME`. */
export type IptablesRuleset = ReadonlyMap<string, IptablesBlock>;

/** A set, a chain, or what leads from a chain of the kernel into one of ours. */
export interface IptablesBlock {
  /** `ipset`, `iptables` or `ip6tables`. */
  readonly tool: string;
  /** `-` for a set. */
  readonly table: string;
  readonly kind: 'set' | 'chain' | 'jump';
  /** Of the set or the chain; of a jump, all that stands behind `-A`. */
  readonly name: string;
  /** In the words of its tool's `save`: what creates and fills the set, the rules of the chain, or the jump, as often as it is there. */
  readonly lines: readonly string[];
}

export const NO_IPTABLES: IptablesRuleset = new Map();

/**
 * Reads lines of TOOL TABLE LINE, the last as `ipset save` (whose table is `-`) or `iptables-save` prints it; a
 * chain's counts may be left out.
 */
export function parseIptables(listing: string): IptablesRuleset {
  const blocks = new Map<string, IptablesBlock & { readonly lines: string[] }>();
  for (const each of listing.replace(NODE_MASK, nodeOf).split('\n')) {
    const [, tool, table, line] = /^(\S+) (\S+) (.+)$/.exec(each) ?? [];
    if (tool === undefined || table === undefined || line === undefined) continue;
    const { kind, name, own } = partsOf(line);
    if (name === undefined) continue;
    const key = `${tool} ${table} ${name}`;
    const block = blocks.get(key) ?? { tool, table, kind, name, lines: [] };
    if (own) block.lines.push(line);
    blocks.set(key, block);
  }
  for (const { kind, lines } of blocks.values()) if (kind === 'set') lines.sort(byElement);
  return blocks;
}

/** Elements come in the order of the kernel's hash, which is another one in each kernel. */
function byElement(a: string, b: string): number {
  const rank = (line: string): number => (line.startsWith('create ') ? 0 : 1);
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

/** `iptables-restore` takes such a mask only up to 32 (1.8.9), and `iptables-save` prints nothing else. */
const NODE_MASK = /--cluster-local-nodemask (0x[0-9a-f]+)/g;
function nodeOf(whole: string, mask: string): string {
  const node = Math.log2(Number(mask));
  return Number.isInteger(node) ? `--cluster-local-node ${node + 1}` : whole;
}

interface Parts {
  readonly kind: IptablesBlock['kind'];
  readonly name: string | undefined;
  /** Whether the line is one of the block's, and not its head. */
  readonly own: boolean;
}

function partsOf(line: string): Parts {
  const [verb = '', second = ''] = line.split(' ');
  if (verb === 'create' || verb === 'add') return { kind: 'set', name: ours(second), own: true };
  if (verb.startsWith(':')) return { kind: 'chain', name: ours(verb.slice(1)), own: false };
  if (verb !== '-A') return { kind: 'chain', name: undefined, own: false };
  if (ours(second) !== undefined) return { kind: 'chain', name: second, own: true };
  const isJump = /^-A [A-Z]+ -j routec-\S+$/.test(line);
  return { kind: 'jump', name: isJump ? line.slice('-A '.length) : undefined, own: true };
}

const ours = (name: string): string | undefined => (name.startsWith('routec-') ? name : undefined);

/** A block's lines without what packets change: what a set that fills itself has learned, sizes, counts. */
export function settledLines({ kind, lines }: IptablesBlock): readonly string[] {
  if (kind === 'jump') return lines.map((line, at) => (at === 0 ? line : `${line}, once more`));
  if (kind === 'chain') return lines;
  const [create = '', ...elements] = lines;
  const plain = create.replace(/ (hashsize|initval) \S+/g, '');
  if (/ timeout /.test(create)) return [plain];
  return [plain, ...elements.map((line) => line.replace(/ packets \d+ bytes \d+/, ''))];
}

/** What a block is called in words. */
export function blockTitle({ tool, table, kind, name }: IptablesBlock): string {
  if (kind === 'set') return `set ${name}`;
  return kind === 'chain' ? `${tool} ${table} ${name}` : `${tool} ${table} -A ${name}`;
}

/** Whether two blocks of one name are the same, as far as packets don't change them. */
export function isSameBlock(a: IptablesBlock, b: IptablesBlock): boolean {
  return settledLines(a).join('\n') === settledLines(b).join('\n');
}
