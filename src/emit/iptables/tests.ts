import { bug } from '../../bug.ts';
import { DIMENSIONS, type Dimension, lastPoint } from '../../model/dimensions.ts';
import type { Box } from '../../model/program.ts';
import { type Address, type AddressRange, type Family, formatAddress } from '../../net/address.ts';
import { formatDevice, isDevicePattern } from '../../net/device-name.ts';
import { complement, type Interval, type IntervalSet, type Point } from '../../net/interval-set.ts';
import { formatMac } from '../../net/mac.ts';
import { complementCubes, formatMark } from '../../net/mark.ts';
import { formatRange, prefixLength } from '../../net/prefix.ts';
import type { NamedAtom } from '../atom-name.ts';
import { type TimePiece, timePieces } from '../time-pieces.ts';
import { addressSet, domainSet, type KernelSet } from './sets.ts';

/** A box as the left sides of rules. */
export interface Tests {
  /** The box holds where one of them does. */
  readonly any: readonly string[];
  /** And none of these: one rule can't exclude several devices, or several protocols. */
  readonly none: readonly string[];
  /** And what each of these says, in a chain of its own. */
  readonly named: readonly NamedAtom[];
  /** What is done to a packet that the box takes, but for sending it somewhere. */
  readonly seen: readonly string[];
}

/** A dimension's part of it. */
type Part = Partial<Pick<Tests, 'any' | 'none'>>;
type Keep = (set: KernelSet) => KernelSet;

/**
 * How iptables tests for a box.
 *
 * @param keep takes note of a set that the tests look into
 */
export function testsOf(box: Box, keep: Keep): Tests {
  let any: string[] = [''];
  const none: string[] = [];
  const add = (part: Part): void => {
    const words = part.any ?? [''];
    any = any.flatMap((left) => words.map((right) => `${left} ${right}`.trim()));
    none.push(...(part.none ?? []));
  };
  for (const dimension of DIMENSIONS) {
    const set = box[dimension] as IntervalSet<Point> | undefined;
    if (set === undefined) continue;
    // A type says its protocol.
    if (dimension === 'protocol' && box.icmpType !== undefined) continue;
    add(partOf(dimension, box.family, set, keep));
  }
  if (box.mark !== undefined) add(markPart(box.mark));
  const named: NamedAtom[] = [];
  const seen: string[] = [];
  for (const atom of box.atoms ?? []) {
    if (atom.kind === 'time') add({ any: timePieces(atom).map(timeTest) });
    else if (atom.kind === 'set') {
      const words = `${domainSet(atom.name, box.family).name} ${atom.side === 'source' ? 'src' : 'dst'}`;
      add({ any: [`-m set ${no(atom.negated)}--match-set ${words}`] });
      if (!atom.negated) seen.push(`-j SET --add-set ${words} --exist`);
    } else {
      named.push(atom);
      // What no socket sent is not of another one either.
      if (atom.negated) add({ any: ['-m owner --socket-exists'] });
    }
  }
  return { any, none, named, seen };
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** In UTC, which is what `time` takes; it looks at seconds, and takes the last one, too. */
function timeTest({ days, minutes }: TimePiece): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const clock = (minute: number): string => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
  return [
    '-m time',
    ...(minutes === undefined
      ? []
      : [`--timestart ${clock(minutes[0])}:00 --timestop ${clock(minutes[1])}:59`]),
    ...(days === undefined ? [] : [`--weekdays ${days.map((day) => DAYS[day]).join()}`]),
  ].join(' ');
}

function partOf(dimension: Dimension, family: Family, set: IntervalSet<Point>, keep: Keep): Part {
  const rest = complement<Point>(set, lastPoint(dimension, family));
  switch (dimension) {
    case 'device':
      return devicePart(set as IntervalSet<bigint>, rest as IntervalSet<bigint>);
    case 'mac':
      return macPart(set as IntervalSet<number>, rest as IntervalSet<number>);
    case 'source':
    case 'destination':
      return addressPart(dimension, family, set, rest, keep);
    case 'protocol':
      return protocolPart(family, ...numbers(set, rest));
    case 'icmpType':
      return icmpPart(family, ...numbers(set, rest));
    case 'sourcePort':
      return portPart('--sports', set as IntervalSet<number>, rest as IntervalSet<number>);
    case 'port':
      return portPart('--dports', set as IntervalSet<number>, rest as IntervalSet<number>);
    case 'user':
      return userPart(set as IntervalSet<number>, rest as IntervalSet<number>);
    case 'dscp':
      return eitherPart(...numbers(set, rest), (not, value) => `-m dscp${not} --dscp ${value}`);
    default:
      dimension satisfies never;
      return bug('a dimension without a test');
  }
}

/** A set and its rest as single values. */
function numbers(set: IntervalSet<Point>, rest: IntervalSet<Point>): [number[], number[]] {
  return [singles(set as IntervalSet<number>), singles(rest as IntervalSet<number>)];
}

/** How many points a set has. */
const count = (set: IntervalSet<number>): number =>
  set.reduce((sum, [low, high]) => sum + high - low + 1, 0);

const singles = (set: IntervalSet<number>): number[] =>
  set.flatMap(([low, high]) => Array.from({ length: high - low + 1 }, (_, index) => low + index));

/** So many values one rule excludes: iptables 1.8.9 takes no more than 255 words a line. */
const MOST_EXCLUDED = 8;

/** A rule for each value, or one that excludes the others: a match may stand in a rule repeatedly. */
function eitherPart<T>(
  values: readonly T[],
  others: readonly T[],
  spell: (not: '' | ' !', value: T) => string,
): Part {
  if (others.length >= values.length) return { any: values.map((value) => spell('', value)) };
  if (others.length > MOST_EXCLUDED) return { none: others.map((value) => spell('', value)) };
  return { any: [others.map((value) => spell(' !', value)).join(' ')] };
}

/** Before the option that it turns round. */
const no = (not: boolean): string => (not ? '! ' : '');

/** `-i` stands in a rule once; a name that ends in `+` is all that begin so. */
function devicePart(set: IntervalSet<bigint>, rest: IntervalSet<bigint>): Part {
  const spell = (interval: Interval<bigint>): string =>
    `-i ${formatDevice(interval).replace(/\*$/, '+')}`;
  if (set.every(isDevicePattern)) return { any: set.map(spell) };
  const [only] = rest;
  if (rest.length === 1 && only !== undefined) return { any: [`! ${spell(only)}`] };
  return { none: rest.map(spell) };
}

/** Not by ipset: many kernels come without its `hash:mac`. What has no MAC address fits no `not` either. */
function macPart(set: IntervalSet<number>, rest: IntervalSet<number>): Part {
  const spell = (not: '' | ' !', mac: number): string =>
    `-m mac${not} --mac-source ${formatMac(mac)}`;
  const negated = count(rest) < count(set);
  if (!negated) return { any: singles(set).map((mac) => spell('', mac)) };
  const others = singles(rest);
  if (others.length > MOST_EXCLUDED) {
    return { any: [spell(' !', 0)], none: others.map((mac) => spell('', mac)) };
  }
  return { any: [others.map((mac) => spell(' !', mac)).join(' ')] };
}

/** What no socket sent fits no `not` either. */
function userPart(set: IntervalSet<number>, rest: IntervalSet<number>): Part {
  const spell = (not: string, [low, high]: Interval<number>): string =>
    `-m owner${not} --uid-owner ${low === high ? low : `${low}-${high}`}`;
  if (rest.length >= set.length) return { any: set.map((each) => spell('', each)) };
  if (rest.length > MOST_EXCLUDED) {
    return { any: ['-m owner --socket-exists'], none: rest.map((each) => spell('', each)) };
  }
  const others = rest.map((each) => spell(' !', each)).join(' ');
  return { any: [`-m owner --socket-exists ${others}`] };
}

function addressPart(
  dimension: 'source' | 'destination',
  family: Family,
  set: IntervalSet<Point>,
  rest: IntervalSet<Point>,
  keep: Keep,
): Part {
  const [letter, word] = dimension === 'source' ? ['s', 'src'] : ['d', 'dst'];
  const not = rest.length < set.length;
  const shown = not ? rest : set;
  const [only] = shown;
  if (shown.length > 1 || only === undefined) {
    const { name } = keep(addressSet(family, shown as IntervalSet<number>));
    return { any: [`-m set ${no(not)}--match-set ${name} ${word}`] };
  }
  const range = { family, low: only[0], high: only[1] } as AddressRange;
  if (prefixLength(range) !== undefined) {
    return { any: [`${no(not)}-${letter} ${formatRange(range)}`] };
  }
  const [low, high] = only.map((value) => formatAddress({ family, value } as Address));
  return { any: [`-m iprange ${no(not)}--${word}-range ${low}-${high}`] };
}

/** `-p` stands in a rule once, and its 0 means all: that number is looked for in the header. */
function protocolPart(family: Family, values: readonly number[], others: readonly number[]): Part {
  // No IPv6 packet ends up with protocol 0: it only ever announces options.
  const zero = family === 4 ? '-m u32 --u32 6&0xff=0' : undefined;
  const spell = (value: number): string[] => (value === 0 ? [zero ?? []].flat() : [`-p ${value}`]);
  if (values.length <= others.length) return { any: values.flatMap(spell) };
  const [only] = others;
  if (others.length === 1 && only !== undefined && only !== 0) return { any: [`! -p ${only}`] };
  return { none: others.flatMap(spell) };
}

/** Of ICMP, iptables takes type 255 for any: that one is looked for behind the header. */
function icmpPart(family: Family, values: readonly number[], others: readonly number[]): Part {
  if (family === 6) {
    const part = eitherPart(values, others, (not, value) => {
      return `-m icmp6${not} --icmpv6-type ${value}`;
    });
    return ofProtocol(58, part);
  }
  const part = eitherPart(values, others, (not, value) => {
    return value === 255
      ? `-m u32${not} --u32 0>>22&0x3c@0>>24=255`
      : `-m icmp${not} --icmp-type ${value}`;
  });
  return ofProtocol(1, part);
}

const ofProtocol = (protocol: number, { any = [''], none = [] }: Part): Part => ({
  any: any.map((words) => `-p ${protocol} ${words}`.trim()),
  none: none.map((words) => `-p ${protocol} ${words}`),
});

/** How many ports one match takes; a range counts twice. */
const MOST_PORTS = 15;

/** Ports as texts for multiport, each as long as one may be. */
export function multiports(set: IntervalSet<number>): string[] {
  const out: string[][] = [];
  let room = 0;
  for (const [low, high] of set) {
    const size = low === high ? 1 : 2;
    if (size > room) {
      out.push([]);
      room = MOST_PORTS;
    }
    out.at(-1)?.push(low === high ? `${low}` : `${low}:${high}`);
    room -= size;
  }
  return out.map((texts) => texts.join());
}

function portPart(option: string, set: IntervalSet<number>, rest: IntervalSet<number>): Part {
  const some = multiports(set).map((ports) => `-m multiport ${option} ${ports}`);
  const others = multiports(rest).map((ports) => `-m multiport ! ${option} ${ports}`);
  const short = others.length < some.length || rest.length < set.length;
  return { any: short && others.length <= MOST_EXCLUDED ? [others.join(' ')] : some };
}

function markPart(cubes: NonNullable<Box['mark']>): Part {
  return eitherPart(
    cubes,
    complementCubes(cubes, cubes.length) ?? cubes,
    (not, { value, mask }) => {
      return `-m mark${not} --mark ${formatMark(value)}/${formatMark(mask)}`;
    },
  );
}
