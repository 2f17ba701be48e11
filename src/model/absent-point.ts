import type { Family } from '../net/address.ts';
import type { Point } from '../net/interval-set.ts';
import { type Dimension, lastPoint } from './dimensions.ts';

/**
 * The point of a packet that has nothing in a dimension: no ports, no socket. It lies above all that
 * a rule can ask for, so no rule fits it, no `not` either; what is left of a box without a rule may.
 */
export function absentPoint(dimension: Dimension, family: Family): Point | undefined {
  switch (dimension) {
    case 'source':
    case 'destination':
    case 'protocol':
    case 'dscp':
      return undefined;
    default: {
      const last = lastPoint(dimension, family);
      return typeof last === 'bigint' ? last + 1n : last + 1;
    }
  }
}
