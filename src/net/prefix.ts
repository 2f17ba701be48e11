import { type Address, type AddressRange, formatAddress, plain4, scanAddress } from './address.ts';
import { isFault, type Scanned } from './fault.ts';

/** An address and the length of the network it lies in, as `ip address` writes it. */
export interface InterfaceAddress {
  readonly address: Address;
  /** In bits; the whole width where none was written. */
  readonly length: number;
}

const width = (family: 4 | 6): number => (family === 4 ? 32 : 128);

/** `A/N`, host bits allowed; `A` alone is a single address. */
export function scanInterfaceAddress(text: string): Scanned<InterfaceAddress> {
  const slash = text.indexOf('/');
  const scanned = scanAddress(slash < 0 ? text : text.slice(0, slash));
  if (isFault(scanned)) return scanned;
  const { value: address } = scanned;
  if (slash < 0) return { value: { address, length: width(address.family) } };
  const written = text.slice(slash + 1);
  const most = width(address.family);
  if (!/^(0|[1-9][0-9]{0,2})$/.test(written) || Number(written) > most) {
    return { fault: `\`${text}\` is not a prefix: its length must be 0 to ${most}` };
  }
  return { value: { address, length: Number(written) } };
}

/** The network that an interface's address lies in. */
export function network({ address, length }: InterfaceAddress): AddressRange {
  if (address.family === 4) {
    const size = 2 ** (32 - length);
    const low = Math.floor(address.value / size) * size;
    return { family: 4, low, high: low + size - 1 };
  }
  const hosts = HOSTS_6[length] as bigint;
  const low = address.value - (address.value & hosts);
  return { family: 6, low, high: low + hosts };
}

/** By the length of a prefix its host bits: shifting takes longer than all else that is done with an address. */
const HOSTS_6 = Array.from({ length: 129 }, (_, length) => (1n << BigInt(128 - length)) - 1n);

/** An address, a prefix without host bits, or a range `A-B`. */
export function scanAddressRange(text: string): Scanned<AddressRange> {
  // What most lines of a long policy name.
  const host = plain4(text);
  if (host !== undefined) return { value: { family: 4, low: host, high: host } };
  const dash = text.indexOf('-');
  if (dash >= 0) {
    const low = scanAddress(text.slice(0, dash));
    if (isFault(low)) return low;
    const high = scanAddress(text.slice(dash + 1));
    if (isFault(high)) return high;
    if (low.value.family !== high.value.family) {
      return { fault: `\`${text}\` is not a range: its ends are of two families` };
    }
    if (low.value.value > high.value.value) {
      const write = `${formatAddress(high.value)}-${formatAddress(low.value)}`;
      return { fault: `\`${text}\` is a range backwards`, write };
    }
    return {
      value: {
        family: low.value.family,
        low: low.value.value,
        high: high.value.value,
      } as AddressRange,
    };
  }
  const scanned = scanInterfaceAddress(text);
  if (isFault(scanned)) return scanned;
  const range = network(scanned.value);
  if (range.low !== scanned.value.address.value) {
    const address = formatAddress(scanned.value.address);
    return {
      fault: `\`${text}\` has host bits set`,
      write: `${formatRange(range)}\`, or \`${address}`,
    };
  }
  return { value: range };
}

/** The length of the prefix that the range is exactly, if it is one. */
export function prefixLength({ family, low, high }: AddressRange): number | undefined {
  // All host bits are 0 in the one, and 1 in the other; a list may hold a million.
  if (family === 4) {
    const length = Math.clz32(high - low);
    const size = 2 ** (32 - length);
    return high - low + 1 === size && low % size === 0 ? length : undefined;
  }
  const hosts = high - low;
  if ((hosts & (hosts + 1n)) !== 0n || (low & hosts) !== 0n) return undefined;
  return hosts === 0n ? 128 : 128 - hosts.toString(2).length;
}

/** The shortest text of a range: an address, a prefix, or `A-B`; `nft` takes all three. */
export function formatRange(range: AddressRange): string {
  const low = formatAddress({ family: range.family, value: range.low } as Address);
  if (range.low === range.high) return low;
  const length = prefixLength(range);
  if (length !== undefined) return `${low}/${length}`;
  return `${low}-${formatAddress({ family: range.family, value: range.high } as Address)}`;
}

/** A range by its ends, `A` or `A-B`: what is translated to is never a prefix. */
export function formatEnds({ family, low, high }: AddressRange): string {
  const [first, last] = [low, high].map((value) => formatAddress({ family, value } as Address));
  return first === last ? `${first}` : `${first}-${last}`;
}

/** A range as the fewest prefixes, in order. */
export function prefixesOf(range: AddressRange): AddressRange[] {
  const out: AddressRange[] = [];
  const { family } = range;
  const [first, last] = [BigInt(range.low), BigInt(range.high)];
  for (let low = first; low <= last; ) {
    // The largest block that may begin here and ends in time.
    let size = 1n;
    while (low % (size * 2n) === 0n && low + size * 2n - 1n <= last) size *= 2n;
    const high = low + size - 1n;
    out.push(
      family === 4 ? { family, low: Number(low), high: Number(high) } : { family, low, high },
    );
    low = high + 1n;
  }
  return out;
}
