import * as v from 'valibot';

/** The format of the map; a higher one was written by a newer routec. */
export const FORMAT = 1;

const Slot = v.pipe(v.number(), v.integer());
const Ids = v.array(v.string());
/** An id, then how many are its, and so on. */
const Owners = v.record(v.string(), v.array(v.union([v.string(), v.number()])));

const Target = v.union([
  v.object({ verdict: v.picklist(['main', 'drop', 'reject']), rules: Ids }),
  v.object({
    slots: v.array(Slot),
    weights: v.optional(v.array(v.number())),
    by: v.optional(v.picklist(['flow', 'source', 'source-destination'])),
    /** Of a balance: the chain that it is in nft. */
    chain: v.optional(v.string()),
    rules: Ids,
  }),
]);
const MapFile = v.object({
  format: v.literal(FORMAT),
  rules: v.record(
    v.string(),
    v.array(v.object({ file: v.string(), line: v.number(), text: v.string() })),
  ),
  elements: Owners,
  counters: Owners,
  targets: v.array(Target),
  slots: v.array(
    v.object({
      slot: Slot,
      kind: v.picklist(['chosen', 'inbound', 'kept', 'ordering', 'transit']),
      /** The one that its connections leave by, or came in by; none where that is not settled. */
      uplink: v.optional(v.string()),
      arrival: v.optional(v.string()),
      settles: v.optional(v.array(Slot)),
    }),
  ),
  uplinks: v.array(
    v.object({
      name: v.string(),
      device: v.string(),
      slot: Slot,
      inbound: Slot,
      /** The table of the choice, and that of its own traffic. */
      table: v.number(),
      own: v.number(),
      /** By family: the gateway, `lease` or `on-link`. */
      ways: v.record(v.string(), v.string()),
    }),
  ),
});

export type PolicyMap = v.InferOutput<typeof MapFile>;
export type MappedTarget = v.InferOutput<typeof Target>;
export type MappedSlot = PolicyMap['slots'][number];
export type MappedUplink = PolicyMap['uplinks'][number];

/** A map's text; nothing where it is none, or that of another version. */
export function readMap(text: string): PolicyMap | undefined {
  try {
    const parsed = v.safeParse(MapFile, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

/** Of each element, or line that counts, whose it is. */
export function ownersOf(runs: readonly (string | number)[] = []): string[] {
  const owners: string[] = [];
  for (let at = 0; at + 1 < runs.length; at += 2) {
    for (let left = Number(runs[at + 1]); left > 0; left -= 1) owners.push(String(runs[at]));
  }
  return owners;
}
