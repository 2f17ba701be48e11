import { bug } from '../bug.ts';
import { atomKey } from '../model/atom-key.ts';
import { evaluate, type Outcome } from '../model/evaluate.ts';
import type { Packet } from '../model/packet.ts';
import type { Nat, Program, Uplink } from '../model/program.ts';
import { type Address, type AddressRange, formatAddress, scanAddress } from '../net/address.ts';
import { deviceInterval } from '../net/device-name.ts';
import { isFault } from '../net/fault.ts';
import { contains } from '../net/interval-set.ts';
import { scanMac } from '../net/mac.ts';
import { ECHO_PORT } from './internet.ts';
import { bare } from './network-plan.ts';
import type { Asked, Round } from './random-case.ts';
import { ISP_OF, ISPS, type Isp, LANS, LEARNED, MAIN, paintOf } from './random-network.ts';

/** One thing that may become of a question. */
export interface Expected {
  /** As in a question: an ISP or LAN by the router's device, or `router`. */
  readonly answerer: string | null;
  /** The source addresses that the answerer may see; void where any may be. */
  readonly as?: readonly string[] | undefined;
  /** `timeout`, or that it is told at once. */
  readonly error?: string | undefined;
  /** The ISP that it reaches, from an address of which that takes nothing. */
  readonly reached?: string | undefined;
}

/** What may become of a question, as the model has it; nothing where that is nobody's to say. */
export function expectedOf(
  program: Program,
  asked: Asked,
  round: Round,
): readonly Expected[] | undefined {
  const { by, to } = asked;
  const arrival = program.uplinks.find(({ name }) => ISP_OF[name] === by);
  const six = to.includes(':');
  if (by !== undefined && (arrival === undefined || round.down.includes(arrival.name))) {
    return undefined;
  }
  // What comes in where an uplink has no way back is main's, as it was before.
  if (arrival !== undefined && arrival.ways[six ? 6 : 4] === undefined) return undefined;
  const packet = packetOf(program, asked);
  const told = evaluate(program, packet, upIn(program, round));
  // On a shared wire, what is sent to nobody's own address may be taken for the other's.
  if (told.arrival !== arrival) return undefined;
  if (by !== undefined && addressesOf(by).includes(to)) return [toRouter(program, asked)];
  const lan = LANS.find(({ hosts }) => hosts.some((host) => host === to));
  if (lan !== undefined) return [{ answerer: lan.device }];
  if (LANS.some(({ addresses }) => addresses.some((each) => bare(each) === to))) {
    return [{ answerer: 'router' }];
  }
  const { outcomes } = told;
  // What goes back to where it came from comes again, and again.
  const goesBack = outcomes.some(
    ({ outcome }) => outcome.kind === 'uplink' && outcome.uplink === arrival,
  );
  if (goesBack) return undefined;
  // The kernel gave the router's own packet the source of main's way.
  const kept = outcomes.some(
    ({ outcome }) =>
      outcome.kind === 'uplink' &&
      (outcome.nat.kind === 'nonat' ||
        (outcome.nat.kind === 'prefix' && outcome.uplink.nat[6].kind === 'nonat')),
  );
  if (kept && asked.from === '') return undefined;
  return outcomes.map(({ outcome }) => ofOutcome(program, outcome, asked, round));
}

/** The uplinks that take connections, by name. */
export function upIn({ uplinks }: Program, { down, withdrawn }: Round): ReadonlySet<string> {
  const names = uplinks.map(({ name }) => name);
  return new Set(names.filter((name) => !down.includes(name) && !withdrawn.includes(name)));
}

const addressesOf = (isp: Isp): readonly string[] => ISPS[isp].addresses.map(bare);

const ispOf = ({ name }: Uplink): Isp => ISP_OF[name] ?? bug('an uplink to no ISP');

/** Addressed to an uplink's own address: led on where a `forward` says so, and answered anyhow. */
function toRouter({ forwards }: Program, { by, protocol, port, to, from }: Asked): Expected {
  const forward = forwards.find(
    ({ uplinks, protocols, ports, to: there }) =>
      uplinks.some((uplink) => ispOf(uplink) === by) &&
      protocols.includes(numberOf(protocol)) &&
      contains(ports, port) &&
      there.address.family === scan(to).family,
  );
  if (forward !== undefined) {
    const host = formatAddress(forward.to.address);
    const lan = LANS.find(({ hosts }) => hosts.some((each) => each === host));
    return { answerer: lan?.device ?? bug('a forward to nobody'), as: [from] };
  }
  if (port === ECHO_PORT) return { answerer: 'router', as: [from] };
  return { answerer: null };
}

function ofOutcome(program: Program, outcome: Outcome, asked: Asked, round: Round): Expected {
  const { from, by, protocol } = asked;
  // A datagram hears nothing, and who came in is not told.
  const told = (error: string): Expected =>
    protocol === 'udp' || by !== undefined ? { answerer: null } : { answerer: null, error };
  switch (outcome.kind) {
    case 'uplink':
      return leaves(outcome.uplink, outcome.nat, asked);
    case 'main': {
      const uplink = program.uplinks.find((each) => ispOf(each) === MAIN);
      if (uplink === undefined) return bug("main's device is no uplink");
      if (round.down.includes(uplink.name)) return told('at once');
      return leaves(uplink, uplink.nat[scan(asked.to).family], asked);
    }
    case 'drop':
      // The router's own TCP is reset, whatever refuses it.
      return told(from === '' ? 'at once' : 'timeout');
    case 'reject':
    case 'unreachable':
      return told('at once');
    default:
      outcome satisfies never;
      return bug('an outcome of no kind');
  }
}

function leaves(uplink: Uplink, nat: Nat, asked: Asked): Expected {
  const isp = ispOf(uplink);
  const { from } = asked;
  const family = from === '' ? undefined : scan(from).family;
  // The kernel, or a correction, gives the router's own packets an address of the uplink.
  if (family === undefined) return { answerer: isp };
  const own = addressesOf(isp).filter((each) => scan(each).family === family);
  switch (nat.kind) {
    case 'none':
    case 'nonat':
      return { answerer: null, reached: isp };
    case 'masquerade':
      return { answerer: isp, as: own };
    case 'snat':
      return { answerer: isp, as: nat.ranges.flatMap(all) };
    case 'prefix': {
      const source = scan(from);
      const inside = source.value >= nat.from.low && source.value <= nat.from.high;
      if (!inside) return leaves(uplink, uplink.nat[6], asked);
      const value = BigInt(nat.to.low) + BigInt(source.value) - BigInt(nat.from.low);
      return { answerer: isp, as: [formatAddress({ family: 6, value })] };
    }
    default:
      nat satisfies never;
      return bug('a NAT of no kind');
  }
}

function all({ family, low, high }: AddressRange): string[] {
  const count = Number(BigInt(high) - BigInt(low)) + 1;
  return Array.from({ length: count }, (_, index) =>
    formatAddress(
      family === 4
        ? { family, value: Number(low) + index }
        : { family, value: BigInt(low) + BigInt(index) },
    ),
  );
}

function scan(text: string): Address {
  const scanned = scanAddress(text);
  return isFault(scanned) ? bug(scanned.fault) : scanned.value;
}

const numberOf = (protocol: Asked['protocol']): number => (protocol === 'tcp' ? 6 : 17);

/** A question as the model sees it, asked now. */
export function packetOf(
  { uplinks }: Program,
  { from, by, to, protocol, port, source }: Asked,
): Packet {
  const { family, value: destination } = scan(to);
  const common = {
    family,
    destination,
    port,
    sourcePort: source,
    protocol: numberOf(protocol),
    minute: minuteOf(new Date()),
    ...paintOf(source),
  };
  const { set: name, addresses } = LEARNED;
  const learned: readonly string[] = addresses;
  const atoms = learned.includes(to)
    ? [atomKey({ kind: 'set', side: 'destination', name, negated: false })]
    : [];
  if (from === '') {
    const user = atomKey({ kind: 'user', name: 'root', negated: false });
    return { ...common, local: true, user: 0, atoms: new Set([...atoms, user]) };
  }
  const lan = LANS.find(({ hosts }) => hosts.some((host) => host === from));
  const arrival = uplinks.find((uplink) => ispOf(uplink) === by);
  const device = arrival?.device ?? lan?.device ?? bug('a host of no LAN');
  const mac = lan === undefined ? {} : { mac: macOf(lan.mac) };
  return {
    ...common,
    ...mac,
    local: false,
    device: deviceInterval(device, false)[0],
    source: scan(from).value,
    atoms: new Set(atoms),
  };
}

/** Minutes since Monday 00:00, UTC. */
const minuteOf = (date: Date): number =>
  ((date.getUTCDay() + 6) % 7) * 1440 + date.getUTCHours() * 60 + date.getUTCMinutes();

function macOf(text: string): number {
  const scanned = scanMac(text);
  return isFault(scanned) ? bug(scanned.fault) : scanned.value;
}
