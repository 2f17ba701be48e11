import { bug } from '../bug.ts';
import { contains, type IntervalSet, type Point } from '../net/interval-set.ts';
import { absentPoint } from './absent-point.ts';
import { minutesOf, withMinutes } from './atoms.ts';
import type { Dimension } from './dimensions.ts';
import { intersectBoxes } from './intersect-boxes.ts';
import type { Packet } from './packet.ts';
import type { Box } from './program.ts';
import { witness } from './witness.ts';

/** What two packets can differ in. */
export type Field = Dimension | 'family' | 'mark' | 'time' | 'cgroup';

/** What people think of first stays the same if anything can. */
const KEPT: readonly Dimension[] = [
  'device',
  'protocol',
  'port',
  'icmpType',
  'source',
  'destination',
  'sourcePort',
  'dscp',
  'user',
  'mac',
];

/**
 * A packet of a box that differs in few fields from one that lies elsewhere.
 *
 * @param its one of the box, whose addresses are taken where the other's are of another family
 */
export function closestPacket(box: Box, packet: Packet, its?: Packet): Packet | undefined {
  let narrow = box;
  const keep = (candidate: Box | undefined): void => {
    if (candidate !== undefined && witness(candidate, packet.local) !== undefined)
      narrow = candidate;
  };
  for (const dimension of KEPT) {
    const address = dimension === 'source' || dimension === 'destination';
    const like = address && box.family !== packet.family ? its : packet;
    const point = like && pointOf(like, dimension);
    const set = narrow[dimension] as IntervalSet<Point> | undefined;
    if (point === undefined) continue;
    if (set === undefined || contains(set, point)) {
      keep({ ...narrow, [dimension]: [[point, point]] } as Box);
    }
  }
  const marked = { family: box.family, mark: [{ value: packet.mark, mask: 0xffff_ffff }] } as Box;
  keep(intersectBoxes(narrow, marked));
  const { minute } = packet;
  if (minute !== undefined && contains(minutesOf(narrow), minute)) {
    keep(withMinutes(narrow, [[minute, minute]]));
  }
  return witness(narrow, packet.local);
}

/** In what two packets differ, but for what follows from another difference. */
export function differingFields(a: Packet, b: Packet): Field[] {
  const protocol = a.protocol !== b.protocol;
  const family = a.family !== b.family;
  const fields = KEPT.filter((dimension) => {
    if (a[dimension] === b[dimension]) return false;
    switch (dimension) {
      case 'port':
      case 'sourcePort':
        return !protocol;
      case 'icmpType':
        return !protocol && !family;
      case 'source':
      case 'destination':
        return !family;
      case 'protocol':
        return !(family && isIcmp(a) && isIcmp(b));
      default:
        return true;
    }
  });
  const also: Field[] = [
    ...(a.mark === b.mark ? [] : (['mark'] as const)),
    ...(a.minute === b.minute ? [] : (['time'] as const)),
    ...differingAtoms(a, b),
  ];
  return [...new Set([...(family ? (['family'] as const) : []), ...fields, ...also])];
}

/** By what an atom's key begins with (`atomKey`). */
const FIELDS: Readonly<Record<string, Field>> = {
  time: 'time',
  user: 'user',
  cgroup: 'cgroup',
  source: 'source',
  destination: 'destination',
};

function differingAtoms(a: Packet, b: Packet): Field[] {
  const [one, other] = [a, b].map(({ atoms }) => atoms ?? new Set<string>()) as [
    ReadonlySet<string>,
    ReadonlySet<string>,
  ];
  const keys = [...one, ...other].filter((key) => one.has(key) !== other.has(key));
  return keys.map((key) => FIELDS[key.replace(/ .*/, '')] ?? bug(`an atom of no field: ${key}`));
}

const isIcmp = ({ family, protocol }: Packet): boolean => protocol === (family === 4 ? 1 : 58);

function pointOf(packet: Packet, dimension: Dimension): Point | undefined {
  return packet[dimension] ?? absentPoint(dimension, packet.family);
}
