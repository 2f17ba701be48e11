import { RESERVED_WORDS } from '../../grammar/tokens.ts';
import type { Packet } from '../model/packet.ts';
import { USUAL } from '../model/usual.ts';
import { type Address, formatAddress } from '../net/address.ts';
import { formatDevice } from '../net/device-name.ts';
import { formatIcmpType } from '../net/icmp-types.ts';
import { formatMac } from '../net/mac.ts';
import { formatMark } from '../net/mark.ts';
import { ICMP, protocolNames, protocolNumber } from '../net/protocols.ts';
import { formatTimeOfDay } from '../net/time-of-day.ts';

/** The one transport of each number that the language has a word for. */
const TRANSPORTS: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' };

/**
 * A packet as the language writes it: a list of matches that `routec explain` takes.
 *
 * @param timed whether its time is told, in a comment, even where it is a usual one
 */
export function formatPacket(packet: Packet, timed = false): string {
  const { family, local, device, source, destination, sourcePort, dscp, mark, mac } = packet;
  const address = (value: typeof source): string => formatAddress({ family, value } as Address);
  return [
    local ? 'local' : '',
    source === undefined ? '' : `from ${address(source)}`,
    destination === undefined ? '' : `to ${address(destination)}`,
    protocolOf(packet),
    sourcePort === undefined || sourcePort === USUAL.sourcePort ? '' : `sport ${sourcePort}`,
    dscp === undefined || dscp === 0 ? '' : `dscp ${dscp}`,
    mark === 0 ? '' : `mark ${formatMark(mark)}`,
    userOf(packet),
    mac === undefined || mac === USUAL.mac ? '' : `mac ${formatMac(Number(mac))}`,
    typeof device === 'bigint' ? `in ${quoted(formatDevice([device, device]))}` : '',
    commentOf(packet, timed),
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** The user by name, and the cgroup, where a rule asks for them. */
function userOf({ user, atoms = new Set() }: Packet): string {
  const keys = [...atoms];
  const named = keys.find((key) => key.startsWith('user '));
  const cgroup = keys.find((key) => key.startsWith('cgroup '));
  return [
    named ?? (user === undefined ? '' : `user ${user}`),
    cgroup === undefined ? '' : `cgroup "${cgroup.slice('cgroup '.length)}"`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
/** Monday 12:00, which goes without saying. */
const USUAL_MINUTE = 720;

/** What the packet has beside its address: it is in a set that fills at run time, or has its time. */
function commentOf({ minute, atoms = new Set() }: Packet, timed: boolean): string {
  const parts = [...atoms].flatMap((key) => /^(?:source|destination) (@.*)/.exec(key)?.[1] ?? []);
  const said = parts.map((name) => `in ${name}`);
  if (minute !== undefined && (timed || minute !== USUAL_MINUTE)) {
    said.push(`${DAYS[Math.floor(minute / 1440)]} ${formatTimeOfDay(minute)} UTC`);
  }
  return said.length === 0 ? '' : `# ${said.join(', ')}`;
}

function protocolOf({ family, protocol, port, icmpType }: Packet): string {
  if (protocol === undefined) return '';
  const number = Number(protocol);
  const transport = TRANSPORTS[number];
  if (transport !== undefined) return port === undefined ? transport : `${transport} ${port}`;
  if (number === ICMP[family]) {
    const word = family === 4 ? 'icmp' : 'icmpv6';
    return icmpType === undefined ? word : `${word} ${formatIcmpType(family, Number(icmpType))}`;
  }
  const name = protocolNames().find((each) => protocolNumber(each) === number);
  return `proto ${name === undefined || RESERVED_WORDS.has(name) ? number : name}`;
}

/** A name as a value, in quotes where it needs them. */
export function quoted(name: string): string {
  const bare =
    /^[A-Za-z0-9_.@-]+$/.test(name) && !name.startsWith('@') && !RESERVED_WORDS.has(name);
  return bare ? name : `"${name.replace(/["\\]/g, '\\$&')}"`;
}
