import type { Family } from '../net/address.ts';
import { contains, type IntervalSet, type Point } from '../net/interval-set.ts';
import { absentPoint } from './absent-point.ts';
import { atomKey } from './atom-key.ts';
import { asksSocket, isBelow, timeOf } from './atoms.ts';
import { DIMENSIONS, type Dimension } from './dimensions.ts';
import type { Atom, Box } from './program.ts';

/** The first packet of a connection as rules see it: a point in each dimension that it has. */
export type Packet = { readonly [D in Dimension]?: Point } & {
  readonly family: Family;
  /** Sent by the router itself. */
  readonly local: boolean;
  /** The packet mark, 32 bits; ours are never looked at. */
  readonly mark: number;
  /** When it is sent, in UTC: minutes since Monday 00:00. Then no time among `atoms` counts. */
  readonly minute?: number;
  /** The keys of the atoms that hold for it (`atomKey`); no other does. */
  readonly atoms?: ReadonlySet<string>;
};

/** Whether a packet lies in a box. */
export function holds(box: Box, packet: Packet): boolean {
  if (box.family !== packet.family) return false;
  const { mark } = box;
  if (mark?.every(({ value, mask }) => (packet.mark & mask) >>> 0 !== value)) return false;
  for (const dimension of DIMENSIONS) {
    const set = box[dimension] as IntervalSet<Point> | undefined;
    if (set === undefined) continue;
    const point = packet[dimension] ?? absentPoint(dimension, box.family);
    if (point === undefined || !contains(set, point)) return false;
  }
  return (box.atoms ?? []).every((atom) => isTrue(atom, packet));
}

function isTrue(atom: Atom, packet: Packet): boolean {
  if (atom.kind === 'time' && packet.minute !== undefined) {
    return contains(timeOf(atom), packet.minute);
  }
  if (isSaid(atom, packet)) return !atom.negated;
  return atom.negated && (!asksSocket(atom) || hasSocket(packet));
}

function isSaid(atom: Atom, { atoms }: Packet): boolean {
  if (atoms === undefined) return false;
  const key = atomKey(atom);
  if (atom.kind !== 'cgroup') return atoms.has(key);
  return [...atoms].some((each) => isBelow(each, key));
}

/** What the kernel itself sends has no user and no cgroup. */
function hasSocket({ user, atoms }: Packet): boolean {
  return user !== undefined || [...(atoms ?? [])].some((key) => /^(user|cgroup) /.test(key));
}
