import { createHash } from 'node:crypto';
import type { Keyed } from '../../model/dimensions.ts';
import type { Box } from '../../model/program.ts';
import type { LookUp } from '../../model/runs.ts';
import type { AddressRange, Family } from '../../net/address.ts';
import type { Interval, IntervalSet, Point } from '../../net/interval-set.ts';
import { formatRange, prefixesOf } from '../../net/prefix.ts';

/** A set of ipset. */
export interface KernelSet {
  /** Goes with the content: rules that are still loaded never see what belongs to newer ones. */
  readonly name: string;
  readonly type: string;
  readonly elements: readonly string[];
  /** Of each element, the id of the rule that it comes from. */
  readonly rules?: readonly number[];
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

/** A look-up's sets, and the words that look into them. */
export interface SetKind {
  /** The type for `create`. */
  readonly type: string;
  /** Which addresses and ports of a packet are looked for. */
  readonly flags: string;
  /** A cell as elements: a range is as many as it has prefixes. */
  readonly elements: (at: number) => string[];
}

/** Protocols with ports, as `ipset` calls them. */
const PROTOCOLS: ReadonlyMap<Point, string> = new Map([
  [6, 'tcp'],
  [17, 'udp'],
  [132, 'sctp'],
]);

/**
 * Whether a set may hold a box: of addresses, or of addresses with single ports. Ranges of ports would
 * be an element for each port.
 */
export function hasSets([side, ...others]: readonly Keyed[], box: Box): boolean {
  if (side !== 'source' && side !== 'destination') return false;
  if (others.length === 0) return true;
  return (
    others.join() === 'protocol,port' &&
    (box.protocol ?? []).every(([low, high]) => low === high && PROTOCOLS.has(low)) &&
    // No set holds port 0.
    (box.port ?? []).every(([low, high]) => low === high && low > 0)
  );
}

/** The kind of set that holds the cells of a look-up, all of whose boxes have sets. */
export function setKind({ dimensions, cells }: LookUp, family: Family): SetKind {
  const [side, ...others] = dimensions;
  const ends = `family inet${family === 4 ? '' : '6'}`;
  const [low, high] = [cells.low[0] ?? [], cells.high[0] ?? []];
  // No set holds the address of zeros, but as a network.
  const isHost = low.every((point, at) => point > 0 && point === high[at]);
  const word = side === 'source' ? 'src' : 'dst';
  const nets = (at: number): string[] =>
    prefixesOf({ family, low: low[at], high: high[at] } as AddressRange).map(formatRange);
  if (others.length === 0) {
    return { type: `hash:${isHost ? 'ip' : 'net'} ${ends}`, flags: word, elements: nets };
  }
  const [, protocols = [], ports = []] = cells.low;
  return {
    type: `hash:${isHost ? 'ip' : 'net'},port ${ends}`,
    flags: `${word},dst`,
    elements: (at) =>
      nets(at).map((net) => `${net},${PROTOCOLS.get(protocols[at] as Point)}:${ports[at]}`),
  };
}

/** The set of some cells, each with the place of its rule. */
export function cellSet(
  { type, elements }: SetKind,
  places: readonly number[],
  ruleAt: (place: number) => number,
  counters: boolean,
): KernelSet {
  const rules = new Map<string, number>();
  for (const at of places) for (const each of elements(at)) rules.set(each, ruleAt(at));
  const set = named(`${type}${counters ? ' counters' : ''}`, [...rules.keys()]);
  return { ...set, rules: set.elements.map((element) => rules.get(element) as number) };
}
