import { bug } from '../bug.ts';
import { type Family, LAST_4, LAST_6 } from '../net/address.ts';
import { LAST_DEVICE } from '../net/device-name.ts';
import type { Point } from '../net/interval-set.ts';
import { LAST_USER } from '../net/user.ts';

/** The dimensions that a look-up's key can have, in the order in which they stand in it. */
export const KEYED = [
  'device',
  'mac',
  'source',
  'destination',
  'protocol',
  'icmpType',
  'sourcePort',
  'port',
  'user',
] as const;
export type Keyed = (typeof KEYED)[number];

/** A dimension of a box that is a set of intervals: all but the mark. */
export type Dimension = Keyed | 'dscp';

export const DIMENSIONS: readonly Dimension[] = [...KEYED, 'dscp'];

/** The highest point of a dimension. */
export function lastPoint(dimension: Dimension, family: Family): Point {
  switch (dimension) {
    case 'device':
      return LAST_DEVICE;
    case 'mac':
      return 2 ** 48 - 1;
    case 'source':
    case 'destination':
      return family === 4 ? LAST_4 : LAST_6;
    case 'protocol':
    case 'icmpType':
      return 255;
    case 'sourcePort':
    case 'port':
      return 65535;
    case 'dscp':
      return 63;
    case 'user':
      return LAST_USER;
    default:
      dimension satisfies never;
      return bug('a dimension without an end');
  }
}
