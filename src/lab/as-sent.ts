import { type Evaluation, evaluate } from '../model/evaluate.ts';
import type { Packet } from '../model/packet.ts';
import type { Program } from '../model/program.ts';
import { USUAL } from '../model/usual.ts';
import { ICMP } from '../net/protocols.ts';
import { addressOf, lanOf, OWN } from './lab-plan.ts';

/** A packet that the lab can send, and what may become of it. */
export interface AsSent {
  readonly packet: Packet;
  readonly evaluation: Evaluation;
}

/** Requests: what the lab's ISPs count. */
const REQUESTS: { readonly [protocol: number]: readonly number[] } = {
  [ICMP[4]]: [8, 13],
  [ICMP[6]]: [128],
};

/**
 * A packet as the lab would send it, now, by nobody but root, without a mark; or what it can't do,
 * behind "the lab".
 *
 * @param up the names of the uplinks that are up
 */
export function asSent(
  program: Program,
  packet: Packet,
  up: ReadonlySet<string>,
): AsSent | { readonly impossible: string } {
  const { family, local, protocol } = packet;
  const raw = protocol !== 6 && protocol !== 17;
  if (packet.device !== undefined && program.uplinks.some((each) => isDevice(each, packet))) {
    return { impossible: 'sends nothing in by an uplink' };
  }
  if (local && raw) return { impossible: 'sends only TCP and UDP from the router itself' };
  const requests = REQUESTS[Number(protocol)];
  if (requests !== undefined && !requests.includes(Number(packet.icmpType))) {
    return { impossible: 'sends only requests of ICMP' };
  }
  if (Number(protocol) === ICMP[family === 4 ? 6 : 4]) {
    return { impossible: 'sends no ICMP of the other family' };
  }
  if (packet.port === 0 || packet.sourcePort === 0)
    return { impossible: 'sends neither to port 0 nor from it' };
  const odd = [packet.source, packet.destination].some(
    (value) => value !== undefined && !isUnicast(family, BigInt(value)),
  );
  if (odd) return { impossible: 'sends only from unicast addresses to such' };
  const sent: Packet = { ...packet, ...given(packet, raw) };
  const ruleOf = (each: Packet) => evaluate(program, each, up).rule;
  const evaluation = evaluate(program, sent, up);
  const wanted = ruleOf(packet);
  if (wanted === evaluation.rule) return { packet: sent, evaluation };
  // What alone would make it that packet again, if something does, decides.
  const whole = differences(packet, local);
  const alone = whole.filter(([, fields]) => ruleOf({ ...sent, ...fields }) === wanted);
  const words = (alone.length > 0 ? alone : whole).map(([word]) => word);
  return { impossible: `can't choose ${words.join(' and ')}` };
}

/** What the lab gives each packet, whatever that of a question has. */
function given({ family, local, dscp = USUAL.dscp, mac }: Packet, raw: boolean): Partial<Packet> {
  const common = {
    mark: USUAL.mark,
    dscp: raw ? dscp : USUAL.dscp,
    minute: minuteOf(new Date()),
  };
  if (local) {
    const source = addressOf(OWN[family]).value;
    return { ...common, source, user: 0, atoms: new Set(['user root']) };
  }
  const usable = mac !== undefined && mac !== 0 && (BigInt(mac) >> 40n) % 2n === 0n;
  return { ...common, mac: usable ? mac : USUAL.mac, atoms: new Set() };
}

/** The fields that it does not leave as they are, by what they are called. */
function differences(packet: Packet, local: boolean): [string, Partial<Packet>][] {
  const { minute, mark, dscp, mac, user, source, atoms } = packet;
  const who = {
    ...(user === undefined ? {} : { user }),
    ...(atoms === undefined ? {} : { atoms }),
  };
  return [
    ...(minute === undefined ? [] : [['the time of day', { minute }] as [string, Partial<Packet>]]),
    ['the mark of a packet', { mark }],
    ...(dscp === undefined
      ? []
      : [['the DSCP of TCP and UDP', { dscp }] as [string, Partial<Packet>]]),
    ...(mac === undefined || local
      ? []
      : [['a MAC that no device has', { mac }] as [string, Partial<Packet>]]),
    [local ? 'who on the router sends something' : 'what a resolver has learned', who],
    ...(source === undefined || !local
      ? []
      : [['the address that the router sends from', { source }] as [string, Partial<Packet>]]),
  ];
}

const isDevice = ({ device }: { readonly device: string }, packet: Packet): boolean =>
  lanOf(packet.device)[0] === device;

/** What a host can have, and a router forwards. */
function isUnicast(family: 4 | 6, value: bigint): boolean {
  if (family === 6) {
    const first = value >> 112n;
    return first !== 0n && first >> 8n !== 0xffn && first >> 6n !== 0x3fan;
  }
  const first = value >> 24n;
  return first !== 0n && first !== 127n && first < 224n && value >> 16n !== 0xa9fen;
}

/** Minutes since Monday 00:00, UTC. */
const minuteOf = (date: Date): number =>
  ((date.getUTCDay() + 6) % 7) * 1440 + date.getUTCHours() * 60 + date.getUTCMinutes();
