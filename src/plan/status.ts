import type { MappedTarget, PolicyMap } from '../emit/map/read-map.ts';
import type { Lock } from '../model/program.ts';
import type { Family } from '../net/address.ts';
import { partOf } from './canonical-line.ts';
import type { Open } from './connections.ts';
import type { Drift } from './drift.ts';
import type { Count, PolicyCounts } from './policy-counts.ts';
import { type UplinkFacts, type WaySeen, waysOf } from './uplink-state.ts';

/** What goes by a device. */
export interface Traffic {
  readonly received: Count;
  readonly sent: Count;
}

/** All that was seen of a policy on a router. What could not be read is not there. */
export interface Seen {
  readonly map: PolicyMap;
  readonly lock: Lock;
  readonly uplinks: readonly UplinkFacts[];
  /** Those that the kernel has. */
  readonly families: readonly Family[];
  /** By device, since the policy was loaded. */
  readonly traffic: ReadonlyMap<string, Traffic>;
  readonly counts?: PolicyCounts | undefined;
  /** What earlier reloads zeroed, by the id of the rule. */
  readonly earlier: Readonly<Record<string, Count>>;
  /** By slot. */
  readonly open?: ReadonlyMap<number, Open> | undefined;
  /** Whether anything of it is there at all. */
  readonly loaded: boolean;
  /** Whether it is what was applied; nothing where nobody knows. */
  readonly applied?: boolean | undefined;
  readonly drift: readonly Drift[];
  /** What could not be read, and why, in words. */
  readonly unread: readonly string[];
}

export interface UplinkStatus {
  readonly name: string;
  readonly device: string;
  /** `impaired`: not all of its families are up, or a gateway does not answer. */
  readonly state: 'up' | 'impaired' | 'down';
  readonly ways: readonly WaySeen[];
  /** Of its device, since the policy was loaded. */
  readonly traffic?: Traffic;
  /** Uplinks that share the device, and so its traffic. */
  readonly beside: readonly string[];
  /** Connections that rules sent there, and that came in by it. */
  readonly open?: { readonly chosen: number; readonly arrived: number };
}

export interface RuleStatus {
  readonly id: string;
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /** What its connections become, as the manifest calls it; none for `forward`. */
  readonly outcomes: readonly string[];
  /** The packets that it decided about: the first of each connection. */
  readonly count?: Count;
  /** Open connections of its outcomes. */
  readonly open?: Open;
  /** Whether no other rule leads to these outcomes: else open connections may be those of others. */
  readonly alone: boolean;
}

export interface MemberStatus {
  readonly outcome: string;
  readonly weight: number;
  /** How often it was chosen, since the ruleset was loaded. */
  readonly chosen?: number;
  /** Connections of its outcome that are open. */
  readonly open?: number;
  /** Whether no other rule leads there: else they may be those of others. */
  readonly alone: boolean;
}

export interface BalanceStatus {
  readonly by: 'flow' | 'source' | 'source-destination';
  /** The rules that have it. */
  readonly rules: readonly string[];
  readonly members: readonly MemberStatus[];
}

/** Where the connections of an ordering went, since the ruleset was loaded. */
export interface OrderingStatus {
  readonly outcome: string;
  readonly left: readonly { readonly outcome: string; readonly connections: number }[];
}

export interface Status {
  readonly loaded: boolean;
  /** Whether it is what was applied; nothing where nobody knows. */
  readonly applied?: boolean | undefined;
  readonly uplinks: readonly UplinkStatus[];
  readonly rules: readonly RuleStatus[];
  readonly balances: readonly BalanceStatus[];
  readonly orderings: readonly OrderingStatus[];
  readonly drift: readonly Drift[];
  readonly unread: readonly string[];
}

/** What is to be said of what was seen. */
export function statusOf(seen: Seen): Status {
  const { map, lock } = seen;
  const keys = new Map(lock.slots.map(({ slot, key }) => [slot, key]));
  const keyOf = (slot: number): string => keys.get(slot) ?? `slot ${slot}`;
  const uplinks = seen.uplinks.map((facts) => uplinkStatus(facts, seen));
  return {
    loaded: seen.loaded,
    applied: seen.applied,
    uplinks,
    rules: ruleStatuses(seen, keyOf),
    balances: map.targets.flatMap((target) => balanceStatus(target, seen, keyOf)),
    orderings: [...(seen.counts?.settled ?? [])].map(([slot, left]) => ({
      outcome: keyOf(slot),
      left: [...left].map(([to, connections]) => ({
        outcome: to === 'main' ? 'main' : keyOf(to),
        connections,
      })),
    })),
    drift: seen.drift.filter((each) => !isWithdrawn(each, uplinks, map)),
    unread: [
      ...seen.unread,
      ...(seen.counts?.strangers ?? []).map(
        (name) => `the counts of \`${name}\`: it is not as it was loaded`,
      ),
    ],
  };
}

/** Whether all is as it should be; nothing where that could not be seen. */
export function isWell({ uplinks, drift, unread }: Status): boolean | undefined {
  if (drift.length > 0 || uplinks.some(({ state }) => state !== 'up')) return false;
  return unread.length > 0 ? undefined : true;
}

/** A withdrawn choice is the uplink's state: whoever withdrew it brings it back. */
function isWithdrawn(
  { kind, what, family, text }: Drift,
  uplinks: readonly UplinkStatus[],
  map: PolicyMap,
): boolean {
  if (kind !== 'missing' || what !== 'route' || !text.startsWith('default ')) return false;
  const uplink = map.uplinks.find(({ table }) => String(table) === partOf(text, 'table'));
  const ways = uplinks.find(({ name }) => name === uplink?.name)?.ways ?? [];
  return ways.some((way) => way.family === family && way.reason === 'withdrawn');
}

function uplinkStatus(facts: UplinkFacts, { map, families, traffic, open }: Seen): UplinkStatus {
  const { name, device } = facts.uplink;
  const ways = waysOf(facts, families);
  const up = ways.filter(({ state }) => state === 'up').length;
  const down = ways.every(({ state }) => state === 'down');
  const its = traffic.get(device);
  const count = (kinds: readonly string[]): number =>
    map.slots
      .filter((slot) => slot.uplink === name && kinds.includes(slot.kind))
      .reduce((sum, { slot }) => sum + (open?.get(slot)?.connections ?? 0), 0);
  return {
    name,
    device,
    state: up === ways.length ? 'up' : down ? 'down' : 'impaired',
    ways,
    ...(its === undefined ? {} : { traffic: its }),
    beside: map.uplinks
      .filter((each) => each.device === device && each.name !== name)
      .map((each) => each.name),
    ...(open === undefined
      ? {}
      : { open: { chosen: count(['chosen', 'kept', 'transit']), arrived: count(['inbound']) } }),
  };
}

function ruleStatuses(
  { map, counts, earlier, open }: Seen,
  keyOf: (slot: number) => string,
): RuleStatus[] {
  const settles = settlesOf(map);
  const slotsOf = new Map<string, Set<number>>();
  const outcomes = new Map<string, Set<string>>();
  const leading = new Map<number, Set<string>>();
  const into = <K, T>(sets: Map<K, Set<T>>, key: K, value: T): void => {
    const set = sets.get(key);
    if (set === undefined) sets.set(key, new Set([value]));
    else set.add(value);
  };
  for (const target of map.targets) {
    for (const id of target.rules) {
      if ('verdict' in target) into(outcomes, id, target.verdict);
      else {
        for (const slot of target.slots) {
          into(outcomes, id, keyOf(slot));
          for (const end of [slot, ...(settles.get(slot) ?? [])]) {
            into(slotsOf, id, end);
            into(leading, end, id);
          }
        }
      }
    }
  }
  return [...map.rules].flatMap(([id, places]) => {
    const [place] = places;
    if (place === undefined) return [];
    const ends = [...(slotsOf.get(id) ?? [])];
    const zeroed = earlier[id] ?? [0, 0];
    const [packets, bytes] = counts?.rules.get(id) ?? [0, 0];
    const counted = outcomes.has(id) && counts !== undefined && counts.rules.size > 0;
    return [
      {
        id,
        ...place,
        outcomes: [...(outcomes.get(id) ?? [])],
        ...(!counted || counts.unsure.has(id)
          ? {}
          : { count: [packets + zeroed[0], bytes + zeroed[1]] as const }),
        ...(open === undefined || ends.length === 0 ? {} : { open: sumOf(open, ends) }),
        alone: ends.every((slot) => leading.get(slot)?.size === 1),
      },
    ];
  });
}

/** By slot, what its connections become, the first tier first. */
const settlesOf = ({ slots }: PolicyMap): ReadonlyMap<number, readonly number[]> =>
  new Map(slots.map(({ slot, settles = [] }) => [slot, settles]));

function sumOf(open: ReadonlyMap<number, Open>, slots: readonly number[]): Open {
  const sum = { connections: 0, packets: 0, bytes: 0 };
  for (const slot of slots) {
    const its = open.get(slot);
    if (its === undefined) continue;
    sum.connections += its.connections;
    sum.packets += its.packets;
    sum.bytes += its.bytes;
  }
  return sum;
}

function balanceStatus(
  target: MappedTarget,
  { counts, open, map, applied }: Seen,
  keyOf: (slot: number) => string,
): BalanceStatus[] {
  if (!('weights' in target) || target.weights === undefined) return [];
  const { slots, weights, by = 'flow', chain = '', rules } = target;
  // Another policy's balance may have this one's place.
  const chosen = applied === false ? undefined : counts?.members.get(chain);
  const settles = settlesOf(map);
  return [
    {
      by,
      rules,
      members: slots.map((slot, at) => {
        const count = chosen?.[at];
        // Of an ordering the first tier is the member; what went on to the others is theirs.
        const own = settles.get(slot)?.[0] ?? slot;
        const alone = map.targets.every(
          (other) =>
            other === target ||
            !('slots' in other) ||
            !other.slots.some((each) => each === own || settles.get(each)?.includes(own)),
        );
        return {
          outcome: keyOf(slot),
          weight: weights[at] ?? 1,
          alone,
          ...(count === undefined ? {} : { chosen: count[0] }),
          ...(open === undefined ? {} : { open: open.get(own)?.connections ?? 0 }),
        };
      }),
    },
  ];
}
