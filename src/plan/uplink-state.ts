import type { MappedUplink } from '../emit/map/read-map.ts';
import { FAMILIES, type Family } from '../net/address.ts';

/** A default route as a table has it. */
export interface Default {
  readonly gateway?: string | undefined;
  readonly device?: string | undefined;
  /** Whether the kernel passes it over, for its link is lost. */
  readonly dead: boolean;
}

/** What is seen of an uplink. */
export interface UplinkFacts {
  readonly uplink: MappedUplink;
  /** Nothing where there is no such device. */
  readonly link?: {
    /** It was switched on. */
    readonly up: boolean;
    readonly carrier: boolean;
    readonly noIpv6: boolean;
  };
  /** Defaults in the table of the choice and in its own one, by family. */
  readonly choice: { readonly [F in Family]?: Default };
  readonly own: { readonly [F in Family]?: Default };
  /** Neighbours that do not answer, as `ADDRESS DEVICE`. */
  readonly deaf: ReadonlySet<string>;
}

/** Why a way is not up, as programs are told. */
export type Reason =
  | 'no-device'
  | 'switched-off'
  | 'no-carrier'
  | 'no-ipv6'
  | 'withdrawn'
  | 'no-lease'
  | 'not-loaded'
  | 'no-answer';

/** `failing`: new connections still go there, and nobody answers. */
export type WayState = 'up' | 'failing' | 'down';

export interface WaySeen {
  readonly family: Family;
  readonly state: WayState;
  /** Why it is not up. */
  readonly reason?: Reason;
  readonly why?: string;
  /** Nothing where it is on-link, or where none is known. */
  readonly gateway?: string;
}

/** What each way of an uplink is, and why. */
export function waysOf(facts: UplinkFacts, families: readonly Family[]): WaySeen[] {
  const { ways } = facts.uplink;
  return FAMILIES.filter((family) => families.includes(family)).flatMap((family): WaySeen[] => {
    const way = ways[family];
    return way === undefined ? [] : [seen(facts, family, way)];
  });
}

function seen(
  { uplink, link, choice, own, deaf }: UplinkFacts,
  family: Family,
  way: string,
): WaySeen {
  const { device, table } = uplink;
  const known = choice[family]?.gateway ?? own[family]?.gateway ?? addressOf(way);
  const said = known === undefined ? { family } : { family, gateway: known };
  const down = (reason: Reason, why: string): WaySeen => ({ ...said, state: 'down', reason, why });
  if (link === undefined) return down('no-device', `there is no device ${device}`);
  if (!link.up) return down('switched-off', `${device} is switched off`);
  if (!link.carrier) return down('no-carrier', `${device} has no carrier`);
  if (family === 6 && link.noIpv6) return down('no-ipv6', `IPv6 is switched off on ${device}`);
  const chosen = choice[family];
  if (chosen === undefined || chosen.dead) {
    if (own[family] !== undefined && !own[family].dead) {
      return down('withdrawn', `withdrawn: table ${table} has no default`);
    }
    return way === 'lease'
      ? down('no-lease', 'no lease has named a gateway')
      : down('not-loaded', 'its routes are not loaded');
  }
  const gateway = chosen.gateway;
  if (gateway !== undefined && deaf.has(`${gateway} ${device}`)) {
    const why = `the gateway ${gateway} does not answer`;
    return { ...said, state: 'failing', reason: 'no-answer', why };
  }
  return { ...said, state: 'up' };
}

const addressOf = (way: string): string | undefined =>
  way === 'lease' || way === 'on-link' ? undefined : way;
