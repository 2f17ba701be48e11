import type { Atom, Box } from '../model/program.ts';
import { type Family, LAST_4, LAST_6 } from '../net/address.ts';
import { LAST_DEVICE } from '../net/device-name.ts';
import type { Interval, IntervalSet, Point } from '../net/interval-set.ts';
import { LAST_USER } from '../net/user.ts';
import type { Addresses, AtomsOf, Conditions } from './policy.ts';

/**
 * The boxes of a rule in one family, if a packet of that family can match at all.
 *
 * @param alike what it asks for that rules like it ask for too, if that is known
 */
export function boxesOf(
  conditions: Conditions,
  family: Family,
  alike = alikeOf(conditions),
): Box[] {
  if (!conditions.families.includes(family)) return [];
  const all = draftOf(conditions, family, alike);
  if (conditions.atoms.length === 0) return isPossible(all) ? [all as Box] : [];
  return alternativesOf(conditions.atoms).flatMap(({ atoms, instead }) => {
    const box = atoms.length === 0 ? { ...all } : { ...all, atoms };
    for (const name of instead) delete box[name];
    return isPossible(box) ? [box as Box] : [];
  });
}

/** A box that is being put together. */
export type Draft = { -readonly [D in keyof Box]?: Box[D] };

/** What the conditions ask for in intervals. */
function draftOf(conditions: Conditions, family: Family, alike: Draft): Draft {
  // Begun empty, it has room for what most rules ask for: there may be a hundred thousand.
  const box: Draft = {};
  box.family = family;
  const { from, to, sourcePorts, ports } = conditions;
  const source = from && addressesIn(from, family);
  const destination = to && addressesIn(to, family);
  const sourcePort = dimension(sourcePorts, 65535);
  const port = dimension(ports, 65535);
  if (source !== undefined) box.source = source;
  if (destination !== undefined) box.destination = destination;
  if (sourcePort !== undefined) box.sourcePort = sourcePort;
  if (port !== undefined) box.port = port;
  return Object.assign(box, alike);
}

/** What of it is the same in all rules that are like one another: addresses and ports are not. */
export function alikeOf(conditions: Conditions): Draft {
  const box: Draft = {};
  put(box, 'device', dimension(conditions.devices, LAST_DEVICE));
  put(box, 'mac', dimension(conditions.macs, 2 ** 48 - 1));
  put(box, 'protocol', dimension(conditions.protocols, 255));
  put(box, 'icmpType', dimension(conditions.icmpTypes, 255));
  put(box, 'dscp', dimension(conditions.dscp, 63));
  put(box, 'user', dimension(conditions.users, LAST_USER));
  if (!conditions.marks?.some(({ mask }) => mask === 0)) put(box, 'mark', conditions.marks);
  return box;
}

function put<D extends keyof Box>(box: Draft, name: D, set: Box[D] | undefined): void {
  if (set !== undefined) box[name] = set;
}

const addressesIn = (of: Addresses, family: Family): Box['source'] =>
  family === 4 ? dimension(of[4], LAST_4) : dimension(of[6], LAST_6);

/** Whether it asks for something in each of its dimensions. */
function isPossible(box: Draft): boolean {
  for (const name in box) {
    if ((box[name as keyof Box] as { readonly length?: number }).length === 0) return false;
  }
  return true;
}

/** The dimension that speaks of the same as a match's atoms. */
const BESIDE = {
  from: 'source',
  to: 'destination',
  user: 'user',
  cgroup: undefined,
  time: undefined,
} as const satisfies Record<AtomsOf['match'], keyof Box | undefined>;

interface Alternative {
  readonly atoms: readonly Atom[];
  /** Dimensions that are not looked at, for an atom is. */
  readonly instead: readonly (keyof Box)[];
}

/** The ways in which a rule's atoms and intervals can hold. */
function alternativesOf(lists: readonly AtomsOf[]): readonly Alternative[] {
  let ways: readonly Alternative[] = [{ atoms: [], instead: [] }];
  for (const { match, atoms } of lists) {
    const beside = BESIDE[match];
    ways = ways.flatMap((way): Alternative[] => {
      if (atoms.some(({ negated }) => negated)) {
        return [{ ...way, atoms: [...way.atoms, ...atoms] }];
      }
      const instead = beside === undefined ? way.instead : [...way.instead, beside];
      const named = atoms.map((atom) => ({ atoms: [...way.atoms, atom], instead }));
      return beside === undefined ? named : [way, ...named];
    });
  }
  return ways;
}

/** A set that holds everything asks nothing. */
function dimension<P extends Point>(
  set: IntervalSet<P> | undefined,
  max: P,
): IntervalSet<P> | undefined {
  if (set?.length !== 1) return set;
  const [[low, high]] = set as readonly [Interval<P>];
  return low <= 0 && high === max ? undefined : set;
}
