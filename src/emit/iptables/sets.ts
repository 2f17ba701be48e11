import { createHash } from 'node:crypto';
import type { AddressRange, Family } from '../../net/address.ts';
import type { Interval, IntervalSet } from '../../net/interval-set.ts';
import { formatRange, prefixesOf } from '../../net/prefix.ts';

/** A set of ipset. */
export interface KernelSet {
  /** Goes with the content: rules that are still loaded never see what belongs to newer ones. */
  readonly name: string;
  readonly type: string;
  readonly elements: readonly string[];
}

/** The set of some addresses of one family. A range is cut to prefixes, all that `hash:net` takes. */
export function addressSet(
  family: Family,
  set: IntervalSet<number> | IntervalSet<bigint>,
): KernelSet {
  const ranges = (set as readonly Interval<number | bigint>[]).map(
    ([low, high]) => ({ family, low, high }) as AddressRange,
  );
  return named(
    `hash:net family inet${family === 4 ? '' : '6'}`,
    ranges.flatMap(prefixesOf).map(formatRange),
  );
}

/** ipset's names have at most 31 bytes. */
const LONGEST_NAME = 31;
/** How long an address that the resolver told of stays without a new connection to it, or new word of it. */
const LEARNED_SECONDS = 24 * 60 * 60;

/** The set of the addresses that the resolver learns; it is the resolver's to fill. */
export function domainSet(name: string, family: Family): KernelSet {
  const plain = `routec-${family}-${name}`;
  // No name of the policy begins with a digit.
  const hash = createHash('sha256').update(name).digest('hex');
  return {
    name: plain.length <= LONGEST_NAME ? plain : `routec-${family}-0${hash}`.slice(0, LONGEST_NAME),
    type: `hash:ip family inet${family === 4 ? '' : '6'} timeout ${LEARNED_SECONDS}`,
    elements: [],
  };
}

/** By default a set holds so many; this many at least are always allowed. */
const DEFAULT_MOST = 65536;

function named(type: string, elements: readonly string[]): KernelSet {
  const most = elements.length > DEFAULT_MOST ? ` maxelem ${elements.length}` : '';
  const sorted = [...elements].sort();
  const hash = createHash('sha256')
    .update(`${type}\n${sorted.join('\n')}`)
    .digest('hex');
  return { name: `routec-${hash.slice(0, 12)}`, type: `${type}${most}`, elements: sorted };
}
