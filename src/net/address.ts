import { isFault, type Scanned } from './fault.ts';

export type Family = 4 | 6;
/** In the order in which they are lowered and written. */
export const FAMILIES = [4, 6] as const;

/** Addresses as numbers in host order: IPv4 as `number`, IPv6 as `bigint`. */
export type Address =
  | { readonly family: 4; readonly value: number }
  | { readonly family: 6; readonly value: bigint };

/** A closed range of addresses of one family. */
export type AddressRange =
  | { readonly family: 4; readonly low: number; readonly high: number }
  | { readonly family: 6; readonly low: bigint; readonly high: bigint };

/** The highest address of each family. */
export const LAST_4 = 0xffff_ffff;
export const LAST_6 = (1n << 128n) - 1n;

const looksLike6 = (text: string): boolean => text.includes(':');

/** An address, strictly: four decimal numbers, or RFC 4291 text. */
export function scanAddress(text: string): Scanned<Address> {
  if (looksLike6(text)) {
    const scanned = scan6(text);
    return isFault(scanned) ? scanned : { value: { family: 6, value: scanned.value } };
  }
  const scanned = scan4(text);
  return isFault(scanned) ? scanned : { value: { family: 4, value: scanned.value } };
}

function scan4(text: string): Scanned<number> {
  const value = plain4(text);
  return value === undefined ? carefully4(text) : { value };
}

/** Of the dot, counted from the digit 0. */
const DOT = -2;

/** The number of an IPv4 address: four decimal numbers; void where there is any doubt. A list may hold a million. */
export function plain4(text: string): number | undefined {
  let value = 0;
  let number = 0;
  let digits = 0;
  let dots = 0;
  for (let at = 0; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit >= 0 && digit <= 9) {
      if (digits > 0 && number === 0) return undefined;
      number = number * 10 + digit;
      digits += 1;
      if (number > 255) return undefined;
    } else {
      if (digit !== DOT || digits === 0) return undefined;
      value = value * 256 + number;
      number = 0;
      digits = 0;
      dots += 1;
    }
  }
  return dots === 3 && digits > 0 ? value * 256 + number : undefined;
}

/** Says what is wrong. */
function carefully4(text: string): Scanned<number> {
  if (!/^[0-9.]+$/.test(text)) return { fault: `\`${text}\` is not an address` };
  const parts = text.split('.');
  if (parts.length !== 4 || parts.some((part) => part === '')) {
    return { fault: `\`${text}\` is not an address: an IPv4 address has four numbers` };
  }
  if (parts.some((part) => part.length > 1 && part.startsWith('0'))) {
    const decimal = parts.map((part) => part.replace(/^0+(?=.)/, '')).join('.');
    return {
      fault: `\`${text}\` has a leading zero, which some programs read as octal`,
      ...(isFault(scan4(decimal)) ? {} : { write: decimal }),
    };
  }
  const numbers = parts.map(Number);
  const wrong = numbers.findIndex((number) => number > 255);
  if (wrong >= 0) return { fault: `\`${text}\` is not an address: ${parts[wrong]} is over 255` };
  return { value: numbers.reduce((sum, number) => sum * 256 + number, 0) };
}

function scan6(text: string): Scanned<bigint> {
  const value = plain6(text);
  return value === undefined ? carefully6(text) : { value };
}

/** Groups of digits with one `::` at most; void where there is any doubt. */
function plain6(text: string): bigint | undefined {
  const groups: number[] = [];
  let gap: number | undefined;
  for (let at = 0; at < text.length; ) {
    if (text.startsWith('::', at)) {
      if (gap !== undefined) return undefined;
      gap = groups.length;
      at += 2;
      if (at === text.length) break;
    } else if (groups.length > 0) {
      if (text.charAt(at) !== ':') return undefined;
      at += 1;
    }
    const from = at;
    let group = 0;
    for (let digit = hexDigit(text, at); digit >= 0; digit = hexDigit(text, at)) {
      group = group * 16 + digit;
      at += 1;
    }
    if (at === from || at > from + 4) return undefined;
    groups.push(group);
  }
  const isWhole = gap === undefined ? groups.length === 8 : groups.length < 8;
  return isWhole ? ofGroups(groups, gap ?? 8) : undefined;
}

/** The digit at a place; less than 0 where there is none. */
function hexDigit(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** An IPv6 address on its way between a number and its groups: shifting them one by one takes longer. */
const GROUPS = new DataView(new ArrayBuffer(16));

/** The number that some groups come to, with zeros before the one at `gap`. */
function ofGroups(groups: readonly number[], gap: number): bigint {
  GROUPS.setBigUint64(0, 0n);
  GROUPS.setBigUint64(8, 0n);
  for (const [index, group] of groups.entries()) {
    GROUPS.setUint16(2 * (index < gap ? index : 8 - groups.length + index), group);
  }
  return (GROUPS.getBigUint64(0) << 64n) | GROUPS.getBigUint64(8);
}

/** Says what is wrong; an IPv4 address at the end is read here, too. */
function carefully6(text: string): Scanned<bigint> {
  const no = (why: string): Scanned<bigint> => ({ fault: `\`${text}\` is not an address: ${why}` });
  if (text.includes('%')) return no('a zone (`%`) is no part of it; name the device instead');
  if (!/^[0-9a-fA-F:.]+$/.test(text)) return { fault: `\`${text}\` is not an address` };
  const halves = text.split('::');
  if (halves.length > 2) return no('`::` may stand only once');
  const groups: number[][] = [];
  for (const [index, half] of halves.entries()) {
    const out: number[] = [];
    const parts = half === '' ? [] : half.split(':');
    for (const [place, part] of parts.entries()) {
      if (part.includes('.')) {
        const last = place === parts.length - 1 && index === halves.length - 1;
        const low = last ? scan4(part) : undefined;
        if (low === undefined || isFault(low)) return no(`\`${part}\` is no group`);
        out.push(Math.floor(low.value / 0x10000), low.value % 0x10000);
      } else if (!/^[0-9a-fA-F]{1,4}$/.test(part)) {
        return no(part === '' ? 'a `:` is left over' : `\`${part}\` is no group`);
      } else out.push(Number.parseInt(part, 16));
    }
    groups.push(out);
  }
  const [head = [], tail = []] = groups;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) {
    return no('an IPv6 address has eight groups');
  }
  return { value: ofGroups([...head, ...tail], head.length) };
}

/** A number of an IPv4 address but the first, in half the time that writing it takes. */
const DOTTED = Array.from({ length: 256 }, (_, number) => `.${number}`);

/** IPv4 in dotted form, IPv6 as RFC 5952 has it. */
export function formatAddress({ family, value }: Address): string {
  if (family === 4) {
    const [a, b, c, d] = [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
    return `${a}${DOTTED[b]}${DOTTED[c]}${DOTTED[d]}`;
  }
  // Each of them takes the lowest 64 bits.
  GROUPS.setBigUint64(0, value >> 64n);
  GROUPS.setBigUint64(8, value);
  // Where the first of the longest runs of zeros begins and ends; a single one is none.
  let [gap, end] = [8, 9];
  for (let at = 0, zeros = 0; at < 8; at += 1) {
    zeros = GROUPS.getUint16(2 * at) === 0 ? zeros + 1 : 0;
    if (zeros > Math.max(1, end - gap)) [gap, end] = [at + 1 - zeros, at + 1];
  }
  let text = '';
  for (let at = 0; at < 8; at += 1) {
    if (at === gap) text += '::';
    if (at >= gap && at < end) continue;
    if (at > 0 && at !== end) text += ':';
    text += GROUPS.getUint16(2 * at).toString(16);
  }
  return text;
}

/** An address that a host can have: not unspecified, loopback, multicast or broadcast. */
export function scanHostAddress(text: string): Scanned<Address> {
  const scanned = scanAddress(text);
  if (isFault(scanned)) return scanned;
  const why = unfitFor(scanned.value);
  return why === undefined ? scanned : { fault: `\`${text}\` is ${why}, and no host has it` };
}

/** Why no host on a wire can have an address, if that is so. */
export function unfitFor({ family, value }: Address): string | undefined {
  if (family === 4) {
    const first = Math.floor(value / 2 ** 24);
    if (first === 0) return 'unspecified';
    if (first === 127) return 'a loopback address';
    if (first >= 224 && first < 240) return 'a multicast address';
    return value === LAST_4 ? 'the broadcast address' : undefined;
  }
  if (value === 0n) return 'unspecified';
  if (value === 1n) return 'the loopback address';
  return value >> 120n === 0xffn ? 'a multicast address' : undefined;
}
