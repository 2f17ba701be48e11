import { bug } from '../bug.ts';
import { scanAddress } from '../net/address.ts';
import { checksum } from '../net/checksum.ts';
import { isFault } from '../net/fault.ts';

/** A packet of one family, as it goes over a wire. */
export interface FrameSpec {
  /** The MAC address of who is to forward it. */
  readonly to: string;
  readonly source: string;
  readonly destination: string;
  readonly carries:
    | { readonly kind: 'udp'; readonly from: number; readonly port: number }
    /** ICMP, so for IPv4. */
    | { readonly kind: 'echo'; readonly id: number; readonly sequence: number };
}

/** Bytes of a frame: room for each of them; what is behind the packet's own length is padding. */
export const FRAME = 72;

const UDP = 17;
const ICMP = 1;
const ECHO = 8 << 8;
const HOPS = 64;
const NOBODY = [0x0200, 0, 1];

/** Builds it, checksums too, `FRAME` bytes long. */
export function frame({ to, source, destination, carries }: FrameSpec): Uint8Array {
  const [from, target] = [wordsOf(source), wordsOf(destination)];
  const mac = to.split(':').map((byte) => Number.parseInt(byte, 16));
  const payload = carries.kind === 'udp' ? datagram(from, target, carries) : request(carries);
  const protocol = carries.kind === 'udp' ? UDP : ICMP;
  const words = [
    ...[0, 2, 4].map((at) => ((mac[at] ?? 0) << 8) | (mac[at + 1] ?? 0)),
    ...NOBODY,
    ...(from.length === 2 ? header4(from, target, payload, protocol) : []),
    ...(from.length === 8
      ? [0x86dd, 0x6000, 0, payload.length * 2, (protocol << 8) | HOPS, ...from, ...target]
      : []),
    ...payload,
  ];
  const bytes = new Uint8Array(FRAME);
  for (const [at, word] of words.entries()) {
    bytes[2 * at] = word >> 8;
    bytes[2 * at + 1] = word & 0xff;
  }
  return bytes;
}

type Words = readonly number[];

function header4(from: Words, target: Words, payload: Words, protocol: number): Words {
  const length = 20 + payload.length * 2;
  const header = [0x4500, length, 0, 0x4000, (HOPS << 8) | protocol, 0, ...from, ...target];
  header[5] = checksum(header);
  return [0x0800, ...header];
}

function datagram(from: Words, target: Words, ports: { from: number; port: number }): Words {
  const words = [ports.from, ports.port, 8, 0];
  // With the length and the protocol a second time: the header that both ends think of.
  words[3] = checksum([...from, ...target, 8, UDP, ...words]) || 0xffff;
  return words;
}

function request({ id, sequence }: { id: number; sequence: number }): Words {
  const words = [ECHO, 0, id, sequence];
  words[1] = checksum(words);
  return words;
}

function wordsOf(text: string): Words {
  const scanned = scanAddress(text);
  if (isFault(scanned)) return bug(scanned.fault);
  const { family, value } = scanned.value;
  if (family === 4) return [value >>> 16, value & 0xffff];
  return Array.from({ length: 8 }, (_, at) => Number((value >> BigInt(112 - 16 * at)) & 0xffffn));
}
