import { type Outcome, outcomesOf, type Up } from '../model/evaluate.ts';
import { markSlot } from '../model/marking.ts';
import { holds, type Packet } from '../model/packet.ts';
import type { Box, Nat, Program, Rule, Uplink } from '../model/program.ts';
import { sameNat } from '../model/same-nat.ts';
import { type Address, type Family, formatAddress } from '../net/address.ts';
import { deviceInterval } from '../net/device-name.ts';
import { allOf } from '../series.ts';
import { type Connection, familyOf } from './connection.ts';
import type { MainWay } from './main-routes.ts';

/** What of a machine decides where its open connections would go. */
export interface Around {
  readonly up: Up;
  readonly main: (address: Address) => MainWay;
  readonly isOwn: (address: Address) => boolean;
  /** Minutes since Monday 00:00, in UTC. */
  readonly minute: number;
}

export interface Moved {
  readonly connection: Connection;
  /** Where it goes, and where it would go if it began now. */
  readonly from: string;
  readonly to: string;
}

export interface Elsewhere {
  readonly moved: readonly Moved[];
  /** Those of which nobody can tell: a device, a user, a mark that is not known any more decides. */
  readonly untold: number;
}

/** Where a connection goes, as far as that matters. */
interface Place {
  readonly kind: 'uplink' | 'main' | 'drop' | 'reject' | 'unreachable';
  readonly name: string;
  readonly device?: string | undefined;
  readonly gateway?: string | undefined;
  readonly nat?: Nat;
}

/**
 * The open connections that a policy would send elsewhere if they began now: by another uplink, with another source,
 * or nowhere. What conntrack does not keep (by which device of a LAN it came, its user, cgroup, MAC, DSCP and
 * packet mark) may be anything; but what the router itself sends has no mark. What main routes more specifically
 * than by a default stays, and so does what is addressed to the router.
 */
export function elsewhere(
  program: Program,
  connections: readonly Connection[],
  around: Around,
): Elsewhere {
  const uplinks = new Set(program.uplinks.map(({ device }) => deviceInterval(device, false)[0]));
  const lists = {
    // What names an uplink's device looks at what that brings.
    forwarded: listOf(allOf(program.forwarded), ({ device }) =>
      device?.every(([low, high]) => low === high && uplinks.has(low)),
    ),
    inbound: listOf(allOf(program.inbound)),
    local: listOf(allOf(program.local)),
  };
  const moved: Moved[] = [];
  let untold = 0;
  for (const connection of connections) {
    const way = around.main(connection.destination);
    if (way.kind === 'specific') continue;
    const now = placeNow(program, connection, way);
    if (now === undefined) continue;
    const arrival = arrivalOf(program, connection);
    const local = arrival === undefined && around.isOwn(connection.source);
    const packet = packetOf(connection, local, arrival, around.minute);
    const list = lists[local ? 'local' : arrival === undefined ? 'forwarded' : 'inbound'];
    const places = list(packet).map((rule) =>
      outcomesOf(program, rule, packet, around.up).map(({ outcome }) =>
        placeOf(outcome, way, packet.family),
      ),
    );
    const stays = places.map((its) => its.some((place) => isSame(now, place)));
    if (stays.every((each) => !each)) {
      const to = [...new Set(places.flat().map(({ name }) => name))].join(' or ');
      moved.push({ connection, from: now.name, to });
    } else if (!stays.every((each) => each)) untold += 1;
  }
  return { moved, untold };
}

/** What its mark says; nothing where that is a number of no outcome, or one that is not settled yet. */
function placeNow(program: Program, { mark, source }: Connection, way: MainWay): Place | undefined {
  const { mask, main } = program.marking;
  const value = (mark & mask) >>> 0;
  const byMain = mainPlace(way);
  if (value === 0 || value === main) return byMain;
  const number = markSlot(mask, value);
  const slot = program.slots.find((each) => each.number === number);
  switch (slot?.kind) {
    case undefined:
    case 'ordering':
      return undefined;
    case 'inbound':
      return byMain;
    case 'chosen':
    case 'kept':
      return uplinkPlace(slot.uplink, slot.nat[source.family], source.family);
    case 'transit':
      if (slot.target.kind === 'ordering') return undefined;
      return uplinkPlace(slot.target.uplink, slot.target.nat[source.family], source.family);
    default:
      return slot satisfies never;
  }
}

function arrivalOf({ slots, marking }: Program, { mark }: Connection): Uplink | undefined {
  const number = markSlot(marking.mask, (mark & marking.mask) >>> 0);
  const slot = slots.find((each) => each.number === number);
  if (slot?.kind === 'inbound') return slot.uplink;
  return slot?.kind === 'transit' ? slot.arrival.uplink : undefined;
}

const mainPlace = (way: MainWay): Place => ({
  kind: 'main',
  name: 'main',
  ...(way.kind === 'default' ? { device: way.device, gateway: way.gateway } : {}),
});

function uplinkPlace({ name, device, ways }: Uplink, nat: Nat, family: Family): Place {
  const way = ways[family];
  const gateway = way?.kind === 'gateway' ? way.gateway : undefined;
  return { kind: 'uplink', name, device, nat, gateway };
}

function placeOf(outcome: Outcome, way: MainWay, family: Family): Place {
  if (outcome.kind === 'main') return mainPlace(way);
  if (outcome.kind !== 'uplink') return { kind: outcome.kind, name: outcome.kind };
  return uplinkPlace(outcome.uplink, outcome.nat, family);
}

function isSame(a: Place, b: Place): boolean {
  if (a.kind === 'uplink' && b.kind === 'uplink') {
    return (
      a.name === b.name && (a.nat === undefined || b.nat === undefined || sameNat(a.nat, b.nat))
    );
  }
  if (a.kind === b.kind) return true;
  // Left to main it may leave by the very uplink.
  const [main, uplink] = a.kind === 'main' ? [a, b] : [b, a];
  if (main.kind !== 'main' || uplink.kind !== 'uplink' || main.device !== uplink.device) {
    return false;
  }
  return uplink.gateway === undefined || uplink.gateway === main.gateway;
}

function packetOf(
  connection: Connection,
  local: boolean,
  arrival: Uplink | undefined,
  minute: number,
): Packet {
  const { source, destination, protocol, sourcePort, port, icmp } = connection;
  return {
    family: familyOf(connection),
    local,
    mark: 0,
    minute,
    source: source.value,
    destination: destination.value,
    protocol,
    ...(arrival === undefined ? {} : { device: deviceInterval(arrival.device, false)[0] }),
    ...(sourcePort === undefined || port === undefined ? {} : { sourcePort, port }),
    ...(icmp === undefined ? {} : { icmpType: icmp.type }),
  };
}

/** A box without what conntrack does not keep. */
interface Told {
  readonly box: Box;
  /** Of what comes in by an uplink the device is known, and of what the router sends the mark. */
  readonly device: Box['device'];
  readonly mark: Box['mark'];
  readonly certain: boolean;
}

interface ToldRule {
  readonly rule: Rule;
  readonly place: number;
  readonly boxes: readonly Told[];
}

/**
 * What finds the rules that may take a packet, in order, up to the first that takes it for certain; where none does, no
 * rule at all is the last of them. Rules for single sources are found by these: there may be a hundred thousand.
 */
function listOf(
  rules: readonly Rule[],
  isNever: (box: Box) => boolean | undefined = () => false,
): (packet: Packet) => (Rule | undefined)[] {
  const bySource = new Map<string, ToldRule[]>();
  const others: ToldRule[] = [];
  for (const [place, rule] of rules.entries()) {
    const boxes = rule.boxes.filter((box) => isNever(box) !== true);
    const told: ToldRule = { rule, place, boxes: boxes.map(toldOf) };
    const sources = boxes.map(pointsOf);
    if (sources.some((each) => each === undefined)) others.push(told);
    else {
      for (const key of new Set(sources.flatMap((each) => each ?? []))) {
        const its = bySource.get(key);
        if (its === undefined) bySource.set(key, [told]);
        else its.push(told);
      }
    }
  }
  return (packet) => {
    const its = bySource.get(`${packet.family} ${packet.source}`) ?? [];
    const taking: (Rule | undefined)[] = [];
    for (const { rule, boxes } of merged(its, others)) {
      const fits = boxes.filter((each) => mayHold(each, packet));
      if (fits.length === 0) continue;
      taking.push(rule);
      if (fits.some((each) => isCertain(each, packet))) return taking;
    }
    return [...taking, undefined];
  };
}

/** More single sources of one box than this are not looked up one by one. */
const MOST_POINTS = 16;

function pointsOf({ family, source }: Box): string[] | undefined {
  if (source === undefined || source.length > MOST_POINTS) return undefined;
  if (source.some(([low, high]) => low !== high)) return undefined;
  return source.map(([point]) => `${family} ${point}`);
}

function* merged(a: readonly ToldRule[], b: readonly ToldRule[]): Generator<ToldRule> {
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [one, other] = [a[i], b[j]];
    if (one !== undefined && (other === undefined || one.place < other.place)) {
      yield one;
      i += 1;
    } else if (other !== undefined) {
      yield other;
      j += 1;
    }
  }
}

function toldOf({ device, mac, dscp, user, mark, atoms = [], ...rest }: Box): Told {
  const times = atoms.filter(({ kind }) => kind === 'time');
  const box = { ...rest, ...(times.length === 0 ? {} : { atoms: times }) } as Box;
  const lost = [mac, dscp, user].some((each) => each !== undefined);
  return { box, device, mark, certain: !lost && times.length === atoms.length };
}

/** The part that is known, with the device and the mark where these are known, too. */
function knownOf({ box, device, mark }: Told, { device: by, local }: Packet): Box {
  return {
    ...box,
    ...(device === undefined || by === undefined ? {} : { device }),
    ...(mark === undefined || !local ? {} : { mark }),
  } as Box;
}

const mayHold = (told: Told, packet: Packet): boolean => holds(knownOf(told, packet), packet);

const isCertain = ({ certain, device, mark }: Told, packet: Packet): boolean =>
  certain &&
  (device === undefined || packet.device !== undefined) &&
  (mark === undefined || packet.local);

const NAMES: Readonly<Record<number, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  58: 'icmpv6',
  132: 'sctp',
};

/** A connection in words. */
export function connectionText({ source, destination, protocol, ...its }: Connection): string {
  const at = (address: Address, port: number | undefined): string => {
    const text = formatAddress(address);
    if (port === undefined) return text;
    return address.family === 6 ? `[${text}]:${port}` : `${text}:${port}`;
  };
  return `${NAMES[protocol] ?? `protocol ${protocol}`} ${at(source, its.sourcePort)} -> ${at(destination, its.port)}`;
}
