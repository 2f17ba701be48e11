import { isFault, type Scanned } from './fault.ts';

/** The 32-bit values whose bits under `mask` are those of `value`. */
export interface Cube {
  readonly value: number;
  readonly mask: number;
}

/** A 32-bit number, decimal or `0x…`. */
export function scanMark(text: string): Scanned<number> {
  const fine = /^(0x[0-9a-fA-F]{1,8}|0|[1-9][0-9]{0,9})$/.test(text);
  const value = fine ? Number(text) : Number.NaN;
  if (value <= 0xffff_ffff) return { value };
  return { fault: `\`${text}\` is not a mark: a number of 32 bits, as in 0x10 or 16` };
}

/** As `ip rule` prints it, but with all eight digits. */
export function formatMark(mark: number): string {
  return `0x${mark.toString(16).padStart(8, '0')}`;
}

/** Whether some value lies in both. */
export function cubesOverlap(a: readonly Cube[], b: readonly Cube[]): boolean {
  return a.some((one) =>
    b.some((other) => ((one.value ^ other.value) & one.mask & other.mask) === 0),
  );
}

/** The values that lie in both. */
export function intersectCubes(a: readonly Cube[], b: readonly Cube[]): Cube[] {
  return a.flatMap((one) =>
    b
      .filter((other) => cubesOverlap([one], [other]))
      .map((other) => ({
        value: (one.value | other.value) >>> 0,
        mask: (one.mask | other.mask) >>> 0,
      })),
  );
}

/** All marks that are in none of the cubes, as disjoint cubes; see `differenceCubes`. */
export function complementCubes(cubes: readonly Cube[], most: number): Cube[] | undefined {
  return differenceCubes([{ value: 0, mask: 0 }], cubes, most);
}

/**
 * What is in `a` and not in `b`, disjoint if `a` is; nothing where it would take more than `most` cubes,
 * and each of `b` may double their number.
 */
export function differenceCubes(
  a: readonly Cube[],
  b: readonly Cube[],
  most: number,
): Cube[] | undefined {
  let left = [...a];
  for (const cube of b) {
    left = left.flatMap((each) => subtractCube(each, cube));
    if (left.length > most) return undefined;
  }
  return left;
}

/** What is in `a` and not in `b`: for each bit that only `b` fixes, the half that differs there. */
function subtractCube(a: Cube, b: Cube): Cube[] {
  if (((a.value ^ b.value) & a.mask & b.mask) !== 0) return [a];
  const out: Cube[] = [];
  let { value, mask } = a;
  for (let bit = 0; bit < 32; bit += 1) {
    const one = (1 << bit) >>> 0;
    if ((b.mask & one) === 0 || (mask & one) !== 0) continue;
    out.push({ value: (value | (~b.value & one)) >>> 0, mask: (mask | one) >>> 0 });
    value = (value | (b.value & one)) >>> 0;
    mask = (mask | one) >>> 0;
  }
  return out;
}

/** `N` or `N/MASK`, as `ip rule` takes it. */
export function scanMarkMatch(text: string): Scanned<{ value: number; mask?: number }> {
  const slash = text.indexOf('/');
  const value = scanMark(slash < 0 ? text : text.slice(0, slash));
  if (isFault(value)) return value;
  if (slash < 0) return { value: { value: value.value } };
  const mask = scanMark(text.slice(slash + 1));
  return isFault(mask) ? mask : { value: { value: value.value, mask: mask.value } };
}
