import * as v from 'valibot';

/** The format of the map; a higher one was written by a newer routec. */
export const FORMAT = 2;

const Whole = v.pipe(v.number(), v.integer());
/** A rule by its number, then how many are its, and so on. */
const Owners = v.record(v.string(), v.array(Whole));
/** The first rule of a stretch of them, then how many there are, and so on. */
const Rules = v.array(Whole);

const Target = v.union([
  v.object({ verdict: v.picklist(['main', 'drop', 'reject']), rules: Rules }),
  v.object({
    slots: v.array(Whole),
    weights: v.optional(v.array(v.number())),
    by: v.optional(v.picklist(['flow', 'source', 'source-destination'])),
    /** Of a balance: the chain that it is in nft. */
    chain: v.optional(v.string()),
    rules: Rules,
  }),
]);
const MapFile = v.object({
  format: v.literal(FORMAT),
  files: v.array(v.string()),
  /** In the order of the policy: the id, the text, file and line. */
  rules: v.array(v.tuple([v.string(), v.string(), Whole, Whole])),
  elements: Owners,
  counters: Owners,
  targets: v.array(Target),
  slots: v.array(
    v.object({
      slot: Whole,
      kind: v.picklist(['chosen', 'inbound', 'kept', 'ordering', 'transit']),
      /** The one that its connections leave by, or came in by; none where that is not settled. */
      uplink: v.optional(v.string()),
      arrival: v.optional(v.string()),
      settles: v.optional(v.array(Whole)),
    }),
  ),
  uplinks: v.array(
    v.object({
      name: v.string(),
      device: v.string(),
      slot: Whole,
      inbound: Whole,
      /** The table of the choice, and that of its own traffic. */
      table: v.number(),
      own: v.number(),
      /** By family: the gateway, `lease` or `on-link`. */
      ways: v.record(v.string(), v.string()),
    }),
  ),
});

type Written = v.InferOutput<typeof MapFile>;
export type WrittenTarget = v.InferOutput<typeof Target>;
type WithIds<T> = T extends { rules: number[] }
  ? Omit<T, 'rules'> & { readonly rules: readonly string[] }
  : never;

/** A target of rules, which are named by their ids. */
export type MappedTarget = WithIds<WrittenTarget>;
export type MappedSlot = Written['slots'][number];
export type MappedUplink = Written['uplinks'][number];

export interface PolicyMap extends Pick<Written, 'elements' | 'counters' | 'slots' | 'uplinks'> {
  /** In the order of the policy. */
  readonly ids: readonly string[];
  /** Where each stands, by its id: it may be written more than once. */
  readonly rules: ReadonlyMap<string, readonly MappedPlace[]>;
  readonly targets: readonly MappedTarget[];
}

interface MappedPlace {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** A map's text; nothing where it is none, or that of another version. */
export function readMap(text: string): PolicyMap | undefined {
  try {
    const parsed = v.safeParse(MapFile, JSON.parse(text));
    return parsed.success ? mapOf(parsed.output) : undefined;
  } catch {
    return undefined;
  }
}

function mapOf({ format, files, rules: written, targets, ...rest }: Written): PolicyMap {
  const ids = written.map(([id]) => id);
  const rules = new Map<string, MappedPlace[]>();
  for (const [id, text, file, line] of written) {
    const place = { file: files[file] ?? '', line, text };
    const its = rules.get(id);
    if (its === undefined) rules.set(id, [place]);
    else its.push(place);
  }
  return {
    ...rest,
    ids,
    rules,
    targets: targets.map((target) => ({ ...target, rules: idsOf(ids, target.rules) })),
  };
}

/** Those of stretches of rules, once each. */
function idsOf(ids: readonly string[], stretches: readonly number[]): string[] {
  const out = new Set<string>();
  for (let at = 0; at + 1 < stretches.length; at += 2) {
    const [first = 0, count = 0] = [stretches[at], stretches[at + 1]];
    for (const id of ids.slice(first, first + count)) out.add(id);
  }
  return [...out];
}

/** Of each element, or line that counts, whose it is. */
export function ownersOf({ ids }: PolicyMap, runs: readonly number[]): string[] {
  const owners: string[] = [];
  for (let at = 0; at + 1 < runs.length; at += 2) {
    const id = ids[runs[at] as number];
    if (id === undefined) continue;
    for (let left = runs[at + 1] as number; left > 0; left -= 1) owners.push(id);
  }
  return owners;
}
