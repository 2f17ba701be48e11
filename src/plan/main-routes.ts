import { type Address, type AddressRange, FAMILIES, type Family } from '../net/address.ts';
import { isFault } from '../net/fault.ts';
import { prefixLength, scanAddressRange } from '../net/prefix.ts';

/** A route as `ip -j` shows it. */
export interface RouteShown {
  readonly dst: string;
  readonly gateway?: string | undefined;
  readonly dev?: string | undefined;
  readonly type?: string | undefined;
}

/** Where main sends an address; `default` where no more than a default route says so, or nothing. */
export type MainWay =
  | { readonly kind: 'specific' }
  | { readonly kind: 'default'; readonly device?: string; readonly gateway?: string };

/** What of main is a default: up to this length of a prefix. Those of `suppress_prefixlength`. */
const DEFAULTS: { readonly [F in Family]: number } = { 4: 1, 6: 3 };

/**
 * What the tables main and local say of an address. What main has by an uplink's device counts as a default: no rule
 * of a policy passes it over for that.
 *
 * @param routes both tables, by family
 * @param uplinks the devices of uplinks
 */
export function mainRoutes(
  routes: { readonly [F in Family]: readonly RouteShown[] },
  uplinks: ReadonlySet<string>,
): (address: Address) => MainWay {
  const tables = new Map(
    FAMILIES.map((family) => [family, byLength(routes[family], family)] as const),
  );
  return ({ family, value }) => {
    for (const [length, prefixes] of tables.get(family) ?? []) {
      const route = prefixes.get(top(value, length, family));
      if (route === undefined) continue;
      const { dev, gateway } = route;
      if (length > DEFAULTS[family] && !uplinks.has(dev ?? '')) return { kind: 'specific' };
      return {
        kind: 'default',
        ...(dev === undefined ? {} : { device: dev }),
        ...(gateway === undefined ? {} : { gateway }),
      };
    }
    return { kind: 'default' };
  };
}

/** The first of a prefix has the lowest metric: `ip` lists it first. The longest prefixes come first. */
function byLength(
  routes: readonly RouteShown[],
  family: Family,
): [number, Map<bigint, RouteShown>][] {
  const lengths = new Map<number, Map<bigint, RouteShown>>();
  for (const route of routes) {
    const range = rangeOf(route.dst, family);
    const length = range && prefixLength(range);
    if (range === undefined || length === undefined) continue;
    const prefixes = lengths.get(length) ?? new Map<bigint, RouteShown>();
    lengths.set(length, prefixes);
    const key = top(range.low, length, family);
    if (!prefixes.has(key)) prefixes.set(key, route);
  }
  return [...lengths].sort(([a], [b]) => b - a);
}

function rangeOf(text: string, family: Family): AddressRange | undefined {
  const scanned = scanAddressRange(
    text === 'default' ? (family === 4 ? '0.0.0.0/0' : '::/0') : text,
  );
  return isFault(scanned) ? undefined : scanned.value;
}

const top = (value: number | bigint, length: number, family: Family): bigint =>
  BigInt(value) >> BigInt((family === 4 ? 32 : 128) - length);
