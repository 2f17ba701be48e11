import { bug } from '../bug.ts';
import { lastPoint } from '../model/dimensions.ts';
import type { Atom, Box } from '../model/program.ts';
import type { AddressRange } from '../net/address.ts';
import { formatDevice } from '../net/device-name.ts';
import { formatIcmpType } from '../net/icmp-types.ts';
import { complement, type Interval, type IntervalSet, type Point } from '../net/interval-set.ts';
import { formatMac } from '../net/mac.ts';
import { type Cube, formatMark } from '../net/mark.ts';
import { formatRange } from '../net/prefix.ts';
import { ICMP, protocolNames, protocolNumber } from '../net/protocols.ts';
import { formatMinutes } from './format-minutes.ts';
import { quoted } from './format-packet.ts';

/** Longer lists are only counted. */
const SHOWN = 6;
const TRANSPORTS: ReadonlyMap<number, string> = new Map([
  [6, 'tcp'],
  [17, 'udp'],
  [132, 'sctp'],
]);

/** Boxes as the language asks for them, for people: long lists are cut. What differs in the family alone is told once. */
export function formatBoxes(
  boxes: readonly { readonly box: Box; readonly local: boolean }[],
): string[] {
  const families = new Map<string, Set<Box['family']>>();
  const said = new Map<string, boolean>();
  for (const { box, local } of boxes) {
    const parts = [local ? 'local' : '', ...matchesOf(box)].filter((part) => part !== '');
    const text = parts.join(' ');
    const its = families.get(text);
    if (its === undefined) families.set(text, new Set([box.family]));
    else its.add(box.family);
    said.set(text, box.source !== undefined || box.destination !== undefined);
  }
  return [...families].map(([text, its]) => {
    const [family] = its;
    const plain = its.size > 1 || said.get(text) ? '' : `ipv${family}`;
    return [plain, text].filter((part) => part !== '').join(' ') || 'everything';
  });
}

function matchesOf(box: Box): string[] {
  const { family } = box;
  const address = ([low, high]: Interval<Point>): string =>
    formatRange({ family, low, high } as AddressRange);
  const number = ([low, high]: Interval<Point>): string =>
    low === high ? `${low}` : `${low}-${high}`;
  const list = (
    word: string,
    dimension: 'source' | 'destination' | 'sourcePort' | 'dscp' | 'user' | 'device' | 'mac',
    show: (interval: Interval<Point>) => string,
  ): string => {
    const set = box[dimension] as IntervalSet<Point> | undefined;
    if (set === undefined) return '';
    return `${word} ${listText(set, lastPoint(dimension, family), show)}`;
  };
  return [
    list('from', 'source', address),
    list('to', 'destination', address),
    protocolText(box, number),
    list('sport', 'sourcePort', number),
    list('dscp', 'dscp', number),
    markText(box.mark),
    list('user', 'user', number),
    list('mac', 'mac', ([low, high]) =>
      low === high
        ? formatMac(Number(low))
        : `${formatMac(Number(low))}-${formatMac(Number(high))}`,
    ),
    list('in', 'device', (interval) => {
      const name = formatDevice(interval as Interval<bigint>);
      return name.endsWith('*') ? name : quoted(name);
    }),
    ...(box.atoms ?? []).map(atomText),
  ];
}

/** A set, or `not` what it leaves out where that is shorter. */
function listText(
  set: IntervalSet<Point>,
  last: Point,
  show: (interval: Interval<Point>) => string,
): string {
  const first = set[0]?.[0] === (typeof last === 'bigint' ? 0n : 0);
  const end = set.at(-1)?.[1];
  const most = first && end !== undefined && end >= last;
  const its = most ? complement(set, last) : set;
  const more = its.length > SHOWN ? ` and ${its.length - SHOWN} more` : '';
  return `${most ? 'not ' : ''}${its.slice(0, SHOWN).map(show).join(', ')}${more}`;
}

function protocolText(box: Box, number: (interval: Interval<Point>) => string): string {
  const { family, protocol, port, icmpType } = box;
  if (protocol === undefined)
    return port === undefined ? '' : `port ${listText(port, 65535, number)}`;
  const all = lastPoint('protocol', family);
  const most = protocol[0]?.[0] === 0 && protocol.at(-1)?.[1] === all;
  const its = pointsOf(most ? complement(protocol, 255) : protocol);
  const transports = its.every((each) => TRANSPORTS.has(each));
  const icmp = its.length === 1 && its[0] === ICMP[family];
  const words = transports
    ? its.map((each) => TRANSPORTS.get(each)).join(',')
    : icmp
      ? family === 4
        ? 'icmp'
        : 'icmpv6'
      : `proto ${its.slice(0, SHOWN).map(nameOf).join(', ')}${its.length > SHOWN ? ` and ${its.length - SHOWN} more` : ''}`;
  const ports = port === undefined ? '' : ` ${listText(port, 65535, number)}`;
  const types =
    icmpType === undefined
      ? ''
      : ` ${listText(icmpType, 255, ([low, high]) =>
          low === high ? formatIcmpType(family, Number(low)) : `${low}-${high}`,
        )}`;
  return `${most ? 'not ' : ''}${words}${ports}${types}`;
}

function pointsOf(set: IntervalSet<number>): number[] {
  return set.flatMap(([low, high]) => Array.from({ length: high - low + 1 }, (_, i) => low + i));
}

const nameOf = (protocol: number): string =>
  protocolNames().find((name) => protocolNumber(name) === protocol) ?? `${protocol}`;

function markText(cubes: readonly Cube[] | undefined): string {
  if (cubes === undefined) return '';
  // That of packets without any goes without saying.
  const its = cubes.filter(({ value, mask }) => value !== 0 || mask !== 0xffff_ffff);
  const shown = its
    .slice(0, SHOWN)
    .map(({ value, mask }) => `${formatMark(value)}/${formatMark(mask)}`);
  const more = its.length > SHOWN ? ` and ${its.length - SHOWN} more` : '';
  return its.length === 0 ? '' : `mark ${shown.join(', ')}${more}`;
}

function atomText(atom: Atom): string {
  const not = atom.negated ? 'not ' : '';
  switch (atom.kind) {
    case 'time':
      return `time ${formatMinutes(atom.minutes, atom.negated)}`;
    case 'user':
      return `user ${not}${atom.name}`;
    case 'cgroup':
      return `cgroup ${not}"${atom.path}"`;
    case 'set':
      return `${atom.side === 'source' ? 'from' : 'to'} ${not}@${atom.name}`;
    default:
      atom satisfies never;
      return bug('an atom of no kind');
  }
}
