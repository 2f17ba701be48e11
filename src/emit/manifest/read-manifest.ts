import * as v from 'valibot';
import { LAYOUT } from '../../model/layout.ts';
import type { Lock } from '../../model/program.ts';

/** The format of the manifest; a higher one was written by a newer routec. */
export const FORMAT = 1;

const Number31 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0x7fff_ffff));
const Slot = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(LAYOUT.lastSlot));
const Manifest = v.object({
  format: v.literal(FORMAT),
  options: v.looseObject({ priority: Number31 }),
  slots: v.array(
    v.object({ key: v.string(), slot: Slot, mark: v.string(), priorities: v.array(Number31) }),
  ),
  retired: v.array(v.object({ slot: Slot, key: v.string() })),
  artefacts: v.record(v.string(), v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
});

export interface Manifest {
  readonly lock: Lock;
  /** The SHA-256 of each artefact by its file name. */
  readonly artefacts: Readonly<Record<string, string>>;
}

/** A manifest's text, or why it can't be used. Its names are not yet to be trusted as paths. */
export function readManifest(text: string): Manifest | { readonly wrong: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { wrong: 'it is not JSON' };
  }
  const format = v.safeParse(v.object({ format: v.number() }), json);
  if (format.success && format.output.format > FORMAT) {
    return { wrong: `it has format ${format.output.format}, which a newer routec wrote` };
  }
  const parsed = v.safeParse(Manifest, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const path = v.getDotPath(issue);
    const what = path === null ? 'it' : `\`${path.slice(0, 100)}\``;
    return { wrong: `${what} is not as routec writes it` };
  }
  const { options, slots, retired, artefacts } = parsed.output;
  const numbers = [...slots, ...retired].map(({ slot }) => slot);
  const keys = slots.map(({ key }) => key);
  if (new Set(numbers).size < numbers.length || new Set(keys).size < keys.length) {
    return { wrong: 'a slot stands in it twice' };
  }
  const locked = slots.map(({ key, slot, priorities }) => ({
    key,
    slot,
    rules: priorities.map((priority) => priority - options.priority),
  }));
  const rules = locked.flatMap((each) => each.rules);
  if (
    rules.some((rule) => rule < 1 || rule > LAYOUT.lastSlotRule) ||
    new Set(rules).size < rules.length
  ) {
    return { wrong: 'a priority is out of its range, or stands in it twice' };
  }
  const lock: Lock = { options: options as unknown as Lock['options'], slots: locked, retired };
  return { lock, artefacts };
}
