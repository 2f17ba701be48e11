import type { Point } from './interval-set.ts';

/**
 * What stands for a point in a `Set` or a `Map`. V8 hashes a bigint by its lowest 64 bits alone, so that all
 * prefixes of IPv6 and most names of devices, which end in zeros, would have one hash.
 */
export function hashKey(point: Point): number | string {
  return typeof point === 'bigint' ? point.toString(16) : point;
}
