import { bug } from '../bug.ts';
import { type Evaluation, evaluate } from '../model/evaluate.ts';
import type { Packet } from '../model/packet.ts';
import type { Program, Uplink } from '../model/program.ts';
import { isShared } from '../model/sharers.ts';
import { USUAL } from '../model/usual.ts';
import type { Family } from '../net/address.ts';
import { isFault } from '../net/fault.ts';
import type { Point } from '../net/interval-set.ts';
import { scanMac } from '../net/mac.ts';
import { ICMP } from '../net/protocols.ts';
import { DAYS, formatTimeOfDay } from '../net/time-of-day.ts';
import { addressOf, isInNet, OWN, textOf, whole } from './lab-plan.ts';
import type { Means } from './means.ts';

/** A packet that the lab can send, and what may become of it. */
export interface AsSent {
  readonly packet: Packet;
  readonly evaluation: Evaluation;
  /** Whose program on the router sends it, and in which cgroup; root's, in none, if nothing is said. */
  readonly who: { readonly user?: string; readonly cgroup?: string };
}
type Impossible = { readonly impossible: string };

/** Requests: what the lab's ISPs count. */
const REQUESTS: { readonly [protocol: number]: readonly number[] } = {
  [ICMP[4]]: [8, 13],
  [ICMP[6]]: [128],
};

/**
 * A packet as the lab would send it, now; or what it can't do, behind "the lab".
 *
 * @param up the names of the uplinks that are up
 */
export function asSent(
  program: Program,
  packet: Packet,
  up: ReadonlySet<string>,
  means: Means,
): AsSent | Impossible {
  const odd = oddOf(packet);
  if (odd !== undefined) return { impossible: odd };
  const { local } = packet;
  const { rule: wanted, arrival } = evaluate(program, packet, up);
  const ruleOf = (each: Packet) => evaluate(program, each, up).rule;
  const sender = local
    ? senderOf(packet, means, (fields) => ruleOf({ ...packet, ...fields }) === wanted)
    : { who: {}, fields: {} };
  if ('impossible' in sender) return sender;
  const source = local
    ? sourceOf(packet, (each) => ruleOf(each) === wanted)
    : (packet.source ?? bug('a packet of nobody'));
  if (local && isOwn(program, packet.family, source)) {
    return { impossible: "sends nothing from an uplink's own address, which leaves by it anyhow" };
  }
  const common = given(program, packet, arrival, means);
  const sent: Packet = { ...packet, ...common, source, ...sender.fields };
  const evaluation = evaluate(program, sent, up);
  if (arrival !== undefined) {
    const wrong = arrivalFault(packet, arrival, evaluation, up);
    if (wrong !== undefined) return { impossible: wrong };
  }
  if (wanted === evaluation.rule) return { packet: sent, evaluation, who: sender.who };
  // What alone would make it that packet again, if something does, decides.
  const whole = differences(packet, sent, means);
  const alone = whole.filter(([, fields]) => ruleOf({ ...sent, ...fields }) === wanted);
  const words = (alone.length > 0 ? alone : whole).map(([word]) => word);
  return { impossible: `can't choose ${words.join(' and ')}` };
}

/** What no lab can send, or count where it arrives. */
function oddOf(packet: Packet): string | undefined {
  const { family, protocol } = packet;
  const requests = REQUESTS[Number(protocol)];
  if (requests !== undefined && !requests.includes(Number(packet.icmpType))) {
    return 'sends only requests of ICMP';
  }
  if (Number(protocol) === ICMP[family === 4 ? 6 : 4]) return 'sends no ICMP of the other family';
  if (packet.port === 0 || packet.sourcePort === 0) return 'sends neither to port 0 nor from it';
  const odd = [packet.source, packet.destination].some(
    (value) => value !== undefined && !isUnicast(family, BigInt(value)),
  );
  return odd ? 'sends only from unicast addresses to such' : undefined;
}

/** What the router sends from: its own address where that makes no difference. */
function sourceOf(packet: Packet, isSame: (packet: Packet) => boolean): Point {
  const own = addressOf(OWN[packet.family]).value;
  return isSame({ ...packet, source: own }) ? own : (packet.source ?? own);
}

const isOwn = ({ uplinks }: Program, family: Family, source: Point): boolean =>
  uplinks.some(({ own }) =>
    own.some(({ prefix }) => textOf(family, source).some((text) => isInNet(whole(prefix), text))),
  );

/** What is wrong with a packet that comes in by an uplink. */
function arrivalFault(
  packet: Packet,
  arrival: Uplink,
  told: Evaluation,
  up: ReadonlySet<string>,
): string | undefined {
  const { name, ways } = arrival;
  if (!up.has(name)) return `brings nothing in by \`${name}\`, which is down`;
  if (ways[packet.family] === undefined) {
    return `brings nothing in by \`${name}\` in a family that it has no way back for`;
  }
  if (told.arrival !== arrival) return `can't choose by which uplink of one device it comes in`;
  const back = told.outcomes.some(
    ({ outcome }) => outcome.kind === 'uplink' && outcome.uplink === arrival,
  );
  return back ? 'sends nothing that goes back to where it came from' : undefined;
}

type Sender = { readonly who: AsSent['who']; readonly fields: Partial<Packet> };

/**
 * Whose program sends it, and what that makes of it: root's, where that makes no difference.
 *
 * @param isSame whether it is still such a packet with other fields
 */
function senderOf(
  packet: Packet,
  means: Means,
  isSame: (fields: Partial<Packet>) => boolean,
): Sender | Impossible {
  const { user, atoms = new Set(), protocol } = packet;
  const { users, mayBe, noCgroups } = means;
  const cgroups = keysOf(atoms, 'cgroup');
  const [cgroup] = cgroups.sort((a, b) => b.length - a.length);
  if (cgroup !== undefined && noCgroups !== undefined) return { impossible: noCgroups };
  const asked = [...atoms].filter((key) => !key.startsWith('user '));
  const as = (uid: number): Sender => {
    const names = [...users].flatMap(([name, id]) => (id === uid ? [`user ${name}`] : []));
    const who = {
      ...(uid === 0 ? {} : { user: String(uid) }),
      ...(cgroup === undefined ? {} : { cgroup }),
    };
    return { who, fields: { user: uid, atoms: new Set([...asked, ...names]) } };
  };
  const root = as(0);
  const [named] = keysOf(atoms, 'user');
  const uid = named === undefined ? Number(user ?? 0) : users.get(named);
  if (uid === 0 || isSame(root.fields)) return root;
  if (uid === undefined) return { impossible: `finds no user ${named} on this machine` };
  if (!mayBe(uid)) {
    return { impossible: `can't be the user ${named ?? uid}: its user namespace has no such user` };
  }
  if (protocol !== 6 && protocol !== 17) {
    return { impossible: 'sends only TCP and UDP as a user but root' };
  }
  return as(uid);
}

/** What the keys of atoms of a kind name. */
const keysOf = (atoms: ReadonlySet<string>, kind: string): string[] =>
  [...atoms].flatMap((key) => (key.startsWith(`${kind} `) ? [key.slice(kind.length + 1)] : []));

/** What the lab gives each packet, whatever that of a question has. */
function given(
  { uplinks, marking }: Program,
  { family, local, mac, mark }: Packet,
  arrival: Uplink | undefined,
  { minute }: Means,
): Partial<Packet> {
  const common = { mark: (mark & ~marking.mask) >>> 0, minute };
  if (local) return common;
  const [known] = arrival?.macs ?? [];
  if (arrival !== undefined && known !== undefined && isShared(uplinks, arrival, family)) {
    return { ...common, mac: macOf(known) };
  }
  const usable = mac !== undefined && mac !== 0 && (BigInt(mac) >> 40n) % 2n === 0n;
  return { ...common, mac: usable ? mac : USUAL.mac };
}

/** The fields that it does not leave as they are, by what they are called. */
function differences(
  packet: Packet,
  sent: Packet,
  { minute: now }: Means,
): [string, Partial<Packet>][] {
  const { minute, mark, mac, user, source, atoms, local } = packet;
  const all: [string, Partial<Packet>, boolean][] = [
    [
      `the time of day: no namespace has a clock of its own, and by the kernel's it is ${clock(now)}`,
      minute === undefined ? {} : { minute },
      minute !== undefined,
    ],
    ['our own bits of a mark', { mark }, mark !== sent.mark],
    ['a MAC that no device has', mac === undefined ? {} : { mac }, mac !== undefined && !local],
    [
      'that nobody on the router sends something',
      { ...(user === undefined ? {} : { user }), ...(atoms === undefined ? {} : { atoms }) },
      local,
    ],
    [
      'the address that the router sends from',
      source === undefined ? {} : { source },
      local && source !== sent.source,
    ],
  ];
  return all.flatMap(([word, fields, differs]): [string, Partial<Packet>][] =>
    differs ? [[word, fields]] : [],
  );
}

/** A minute of the week as the language writes it. */
export function clock(minute: number): string {
  return `${DAYS[Math.floor(minute / 1440)]} ${formatTimeOfDay(minute)} UTC`;
}

/** The MAC of the policy's, which it has read. */
function macOf(text: string): number {
  const scanned = scanMac(text);
  return isFault(scanned) ? bug(scanned.fault) : scanned.value;
}

/** What a host can have, and a router forwards. */
function isUnicast(family: 4 | 6, value: bigint): boolean {
  if (family === 6) {
    const first = value >> 112n;
    return first !== 0n && first >> 8n !== 0xffn && first >> 6n !== 0x3fan;
  }
  const first = value >> 24n;
  return first !== 0n && first !== 127n && first < 224n && value >> 16n !== 0xa9fen;
}
