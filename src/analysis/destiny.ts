import { bug } from '../bug.ts';
import type {
  BalanceKey,
  Nat,
  OrderingSlot,
  Program,
  Slot,
  Target,
  Uplink,
  UplinkSlot,
} from '../model/program.ts';
import type { Family } from '../net/address.ts';
import { formatRange } from '../net/prefix.ts';

/** What becomes of packets of one family, whichever uplinks are up. */
export interface Destiny {
  /** One way, or those of a balance by weight. */
  readonly ways: readonly { readonly way: Course; readonly weight: number }[];
  /** What spreads them; nothing where there is one way. */
  readonly by?: BalanceKey;
  /** The uplink that they came in by, which brings the answers back. */
  readonly back?: Uplink;
  /** The same if, and only if, the same becomes of them. */
  readonly key: string;
}

/** Uplinks in order, those without a way for the family left out, and what is left when none is up. */
export interface Course {
  readonly tiers: readonly { readonly uplink: Uplink; readonly nat: Nat }[];
  readonly end: OrderingSlot['end'];
}

/** How uplinks, and what they do to a source address, are told apart. */
export interface Names {
  /** By what an uplink is known to be the same one: its name, or what another policy calls it. */
  readonly uplink: (uplink: Uplink) => string;
  /** What becomes of the source address, by a text that is the same for what does the same. */
  readonly nat: (nat: Nat, uplink: Uplink, family: Family) => string;
}

/** By their own names, and by the addresses. */
export const OWN_NAMES: Names = { uplink: ({ name }) => name, nat: natText };

/** What a target comes to in a family; `arrival` is the uplink that the packets came in by. */
export function destinyOf(
  program: Program,
  target: Target,
  family: Family,
  arrival: Uplink | undefined,
  names: Names,
): Destiny {
  const single = (way: Course): Unnamed => {
    const back = answersBy(way, family, arrival);
    return { ways: [{ way, weight: 1 }], ...(back === undefined ? {} : { back }) };
  };
  const spread = (balance: number): Unnamed => {
    const { by, choices } = program.balances[balance] ?? bug('no such balance');
    const all = choices.map(({ slot, weight }) => ({ way: courseOf(slot, family), weight }));
    const keyOf = (way: Course): string => courseKey(way, family, names);
    const ways = by === 'flow' ? merged(all, keyOf) : joined(all, keyOf);
    const [only] = ways as [Destiny['ways'][number]];
    if (ways.length === 1) return single(only.way);
    return { ways, by, ...(arrival === undefined ? {} : { back: arrival }) };
  };
  const its =
    target.kind === 'slot'
      ? single(courseOf(slotOf(program, target.slot), family))
      : target.kind === 'balance'
        ? spread(target.balance)
        : single({ tiers: [], end: target.kind });
  return { ...its, key: destinyKey(its, family, names) };
}

type Unnamed = Omit<Destiny, 'key'>;

/** A destiny as a text: the same if, and only if, the same becomes of packets, by these names. */
export function destinyKey({ ways, by, back }: Unnamed, family: Family, names: Names): string {
  const keys = ways.map(({ way, weight }) => `${weight} ${courseKey(way, family, names)}`);
  return `${by ?? ''} ${keys.join(', ')}${back === undefined ? '' : ` back ${names.uplink(back)}`}`;
}

function slotOf({ slots }: Program, number: number): Slot {
  return slots.find((slot) => slot.number === number) ?? bug('a target without a slot');
}

function courseOf(slot: Slot, family: Family): Course {
  if (slot.kind === 'transit') return courseOf(slot.target, family);
  const [tiers, end]: [readonly UplinkSlot[], Course['end']] =
    slot.kind === 'ordering' ? [slot.tiers, slot.end] : [[slot], 'unreachable'];
  return {
    tiers: tiers
      .filter(({ uplink }) => uplink.ways[family] !== undefined)
      .map(({ uplink, nat }) => ({ uplink, nat: nat[family] })),
    end,
  };
}

/** Whose answers go back by an arrival: what is sent on, and what main has if that has a way there. */
function answersBy(
  { tiers, end }: Course,
  family: Family,
  arrival: Uplink | undefined,
): Uplink | undefined {
  const leaves = tiers.length > 0 || (end === 'main' && arrival?.ways[family] !== undefined);
  return leaves ? arrival : undefined;
}

function courseKey({ tiers, end }: Course, family: Family, names: Names): string {
  const keys = tiers.map(({ uplink, nat }) => {
    return `${names.uplink(uplink)} ${names.nat(nat, uplink, family)}`;
  });
  return [...keys, end].join(' else ');
}

/** A NAT, as the language has it; to say nothing is to translate nothing. */
function natText(nat: Nat): string {
  switch (nat.kind) {
    case 'none':
      return 'nonat';
    case 'snat':
      return `snat ${nat.ranges.map(formatRange).join(', ')}`;
    case 'prefix':
      return `snat ${formatRange(nat.from)} to ${formatRange(nat.to)}`;
    default:
      return nat.kind;
  }
}

/** At random: how much of all goes each way. */
function merged(ways: Destiny['ways'], keyOf: (way: Course) => string): Destiny['ways'] {
  const byKey = new Map<string, { way: Course; weight: number }>();
  for (const { way, weight } of ways) {
    const key = keyOf(way);
    byKey.set(key, { way, weight: weight + (byKey.get(key)?.weight ?? 0) });
  }
  const sorted = [...byKey.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  return reduced(sorted.map(([, each]) => each));
}

/** By a hash: which part of all goes which way. */
function joined(ways: Destiny['ways'], keyOf: (way: Course) => string): Destiny['ways'] {
  const out: { way: Course; weight: number }[] = [];
  for (const { way, weight } of ways) {
    const last = out.at(-1);
    if (last !== undefined && keyOf(last.way) === keyOf(way)) last.weight += weight;
    else out.push({ way, weight });
  }
  return reduced(out);
}

function reduced(ways: Destiny['ways']): Destiny['ways'] {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  const divisor = ways.reduce((sum, { weight }) => gcd(sum, weight), 0);
  return ways.map(({ way, weight }) => ({ way, weight: weight / divisor }));
}
