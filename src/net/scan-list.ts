/** What a list of one value a line is made of. */
export interface ListReader {
  /** An IPv4 address or prefix; false if it is to be told of as any other value. */
  readonly range: (low: number, high: number) => boolean;
  /** Where a value stands. */
  readonly value: (from: number, to: number) => void;
}

const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BLANK = 0x20;
const HASH = 0x23;
const DOT = 0x2e;
const SLASH = 0x2f;
const ZERO = 0x30;

/**
 * Reads a list of one value a line, `#` beginning a comment. IPv4 addresses and prefixes as they
 * should be are told of as numbers, for lists have a million of them; all else by its place.
 */
export function scanList(text: string, reader: ListReader): void {
  for (let start = 0; start < text.length; ) {
    let at = start;
    while (text.charCodeAt(at) === BLANK || text.charCodeAt(at) === TAB) at += 1;
    let low = 0;
    let groups = 0;
    for (; groups < 4; groups += 1) {
      if (groups > 0) {
        if (text.charCodeAt(at) !== DOT) break;
        at += 1;
      }
      const end = afterNumber(text, at);
      const number = numberIn(text, at, end);
      if (number > 255) break;
      low = low * 256 + number;
      at = end;
    }
    let length = 32;
    if (groups === 4 && text.charCodeAt(at) === SLASH) {
      const end = afterNumber(text, at + 1);
      length = numberIn(text, at + 1, end);
      at = end;
    }
    while (text.charCodeAt(at) === BLANK || text.charCodeAt(at) === TAB) at += 1;
    if (text.charCodeAt(at) === RETURN) at += 1;
    const newline = text.charCodeAt(at) === NEWLINE ? at : text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    const ended = at >= end || text.charCodeAt(at) === HASH;
    const size = 2 ** (32 - length);
    const sound = groups === 4 && ended && length <= 32 && low % size === 0;
    if (!sound || !reader.range(low, low + size - 1)) other(text, start, end, reader);
    start = end + 1;
  }
}

/** Tells of what is on a line, if anything is. */
function other(text: string, start: number, end: number, reader: ListReader): void {
  const line = text.slice(start, end);
  const hash = line.indexOf('#');
  const value = (hash < 0 ? line : line.slice(0, hash)).trim();
  if (value === '') return;
  const from = start + line.indexOf(value);
  reader.value(from, from + value.length);
}

/** The end of up to three digits. */
function afterNumber(text: string, at: number): number {
  let end = at;
  while (end < at + 3 && isDigit(text.charCodeAt(end))) end += 1;
  return end;
}

/** The number in a stretch of digits; infinity where there is none, or a zero leads it. */
function numberIn(text: string, from: number, to: number): number {
  if (to === from || (to - from > 1 && text.charCodeAt(from) === ZERO)) {
    return Number.POSITIVE_INFINITY;
  }
  let number = 0;
  for (let at = from; at < to; at += 1) number = number * 10 + text.charCodeAt(at) - ZERO;
  return number;
}

const isDigit = (code: number): boolean => code >= ZERO && code <= 0x39;
