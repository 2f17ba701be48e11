import { deviceInterval, LAST_DEVICE, scanDeviceName } from './device-name.ts';
import { isFault } from './fault.ts';
import type { Interval } from './interval-set.ts';

const LONGEST = 15;
/** What may stand in a device's name, in order. */
const FIT = Array.from({ length: 0x7f - 0x21 }, (_, index) => index + 0x21).filter(
  (code) => !isFault(scanDeviceName(`a${String.fromCharCode(code)}`)),
);

/**
 * The first name of a device in an interval of names, where there is one: between two names there
 * may be numbers that no name comes to. Of all that begin alike it is not the bare beginning.
 */
export function firstDevice([low, high]: Interval<bigint>): string | undefined {
  const bytes = bytesOf(low % 2n === 0n ? low : low + 1n);
  for (let name = next(bytes); name !== undefined; name = next(bytesOf(numberOf(name) + 2n))) {
    if (numberOf(name) > high) return undefined;
    if (isFault(scanDeviceName(name))) continue;
    const longer = `${name}0`;
    return name.length < LONGEST && low < high && numberOf(longer) <= high ? longer : name;
  }
  return undefined;
}

const numberOf = (name: string): bigint => deviceInterval(name, false)[0];

function bytesOf(point: bigint): number[] {
  if (point > LAST_DEVICE) return [];
  return Array.from({ length: LONGEST }, (_, place) =>
    Number((point >> BigInt(8 * (LONGEST - 1 - place) + 1)) & 255n),
  );
}

/** The first run of fitting bytes, and zeros behind it, that is not below the bytes. */
function next(bytes: readonly number[]): string | undefined {
  const name: number[] = [];
  for (const [place, byte] of bytes.entries()) {
    if (byte === 0 && place > 0 && bytes.slice(place).every((each) => each === 0)) break;
    const fit = FIT.find((code) => code >= byte);
    if (fit !== undefined) {
      name.push(fit);
      if (fit > byte) break;
      continue;
    }
    // Nothing fits here: the last byte before that has a higher one takes it.
    for (;;) {
      const last = name.pop();
      if (last === undefined) return undefined;
      const higher = FIT.find((code) => code > last);
      if (higher === undefined) continue;
      name.push(higher);
      break;
    }
    break;
  }
  return name.length === 0 ? undefined : String.fromCharCode(...name);
}
