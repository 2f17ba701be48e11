import type { Program, Uplink } from '../model/program.ts';
import type { Family } from '../net/address.ts';
import { isFault } from '../net/fault.ts';
import { scanAddressRange } from '../net/prefix.ts';
import type { WayOut } from '../policy/explain-question.ts';
import type { Status } from './status.ts';

/** Where the kernel sends a packet, by what `ip route get` says. */
export type KernelRoute =
  | {
      readonly kind: 'by';
      readonly device: string;
      readonly gateway?: string;
      readonly table: number;
      /** The route that fits, where it was asked for: a prefix, or `default`. */
      readonly to?: string;
    }
  /** To the router itself. */
  | { readonly kind: 'here' }
  | { readonly kind: 'drop' | 'reject' | 'unreachable' }
  /** The router's own, back to itself: there the ruleset refuses it, as its mark says. */
  | { readonly kind: 'refused' }
  /** Left to main, which has no route for it. */
  | { readonly kind: 'nowhere' }
  /** Nobody with that source is believed to be there: RFC 3704, `rp_filter`. */
  | { readonly kind: 'source' }
  | { readonly kind: 'not-forwarding' };

/** RT_TABLE_MAIN of linux/rtnetlink.h. */
export const MAIN_TABLE = 254;

/** What was asked of the kernel. */
export interface Asked {
  readonly family: Family;
  readonly destination: string;
  /** Whether as something that the router itself sends. */
  readonly own: boolean;
}

/** Whether the kernel does what the model says. */
export function agrees(
  { uplinks }: Program,
  way: WayOut,
  route: KernelRoute,
  asked: Asked,
): boolean {
  switch (way.verdict) {
    case 'uplink': {
      const uplink = uplinks.find(({ name }) => name === way.uplink);
      return (
        route.kind === 'by' &&
        route.device === way.dev &&
        route.table === way.table &&
        uplink !== undefined &&
        isGateway(uplink, route.gateway, asked)
      );
    }
    case 'main':
      // Main may refuse it, too, or not know it.
      if (route.kind !== 'by') return route.kind !== 'source' && route.kind !== 'not-forwarding';
      return !uplinks.some(({ choiceTable, ownTable }) =>
        [choiceTable, ownTable].includes(route.table),
      );
    case 'drop':
    case 'reject':
    case 'unreachable':
      return route.kind === way.verdict || (asked.own && route.kind === 'refused');
    default:
      return way.verdict satisfies never;
  }
}

/** What is on the uplink's own wire needs no gateway; of one that a lease names only the router knows. */
function isGateway(
  { ways, networks }: Uplink,
  gateway: string | undefined,
  { family, destination }: Asked,
): boolean {
  const way = ways[family];
  switch (way?.kind) {
    case undefined:
      return false;
    case 'lease':
      return true;
    case 'on-link':
      return gateway === undefined;
    case 'gateway':
      if (gateway !== undefined) return gateway === way.gateway;
      return networks.some(({ prefix }) => isWithin(prefix, destination));
    default:
      return way satisfies never;
  }
}

function isWithin(prefix: string, address: string): boolean {
  const [range, point] = [scanAddressRange(prefix), scanAddressRange(address)];
  if (isFault(range) || isFault(point) || range.value.family !== point.value.family) return false;
  return range.value.low <= point.value.low && point.value.high <= range.value.high;
}

/** What the kernel does, in words. */
export function routeText(route: KernelRoute): string {
  switch (route.kind) {
    case 'by': {
      const { device, gateway, table, to } = route;
      const via = gateway === undefined ? '' : ` via ${gateway}`;
      const where = table === MAIN_TABLE ? 'main' : `table ${table}`;
      return `leaves by ${device}${via}, by ${where}${to === undefined ? '' : `'s route to ${to}`}`;
    }
    case 'here':
      return 'is for the router itself';
    case 'drop':
      return 'is dropped, silently';
    case 'reject':
      return 'is rejected: administratively prohibited';
    case 'unreachable':
      return 'goes nowhere: unreachable';
    case 'refused':
      return 'goes nowhere: the ruleset answers it, as its mark says';
    case 'nowhere':
      return 'goes nowhere: it is left to main, which has no route for it';
    case 'source':
      return 'is dropped: its source does not belong there (`rp_filter`)';
    case 'not-forwarding':
      return 'is dropped: this machine does not forward what comes in there';
    default:
      return route satisfies never;
  }
}

/** Why the kernel may do otherwise than the model says, a reason a line. */
export function whyOtherwise(
  program: Program,
  way: WayOut,
  route: KernelRoute,
  { family }: Asked,
  { loaded, uplinks }: Status,
): string[] {
  const real = uplinks.find(({ name }) => name === way.uplink);
  const its = real?.ways.find((each) => each.family === family);
  const why: string[] = [];
  if (its?.state === 'down' && its.why !== undefined) {
    const then = `; \`--down ${way.uplink}\` says what the policy means then`;
    why.push(`\`${way.uplink}\`: ${its.why}${loaded ? then : ''}`);
  }
  if (its?.reason === 'not-loaded' && real !== undefined) {
    why.push(
      `a device that was made anew has none until \`routec-link up ${real.device}\` loads them, which a hook runs (\`routec install\`), or \`routec apply\``,
    );
  }
  for (const { uplink, why: passed } of way.passed) {
    const isUp = uplinks
      .find(({ name }) => name === uplink)
      ?.ways.some((each) => each.family === family && each.state !== 'down');
    if (passed === 'down' && isUp) why.push(`\`${uplink}\` is up`);
  }
  if (route.kind === 'here' || (route.kind === 'by' && isSpecific(route))) {
    why.push('what main routes more specifically than by a default route no rule ever moves');
  }
  const owner = program.uplinks.find(
    ({ ownTable }) => route.kind === 'by' && route.table === ownTable,
  );
  if (owner !== undefined) {
    why.push(`that table is for sockets that are bound to an address of \`${owner.name}\``);
  }
  return why;
}

const isSpecific = ({ table, to }: KernelRoute & { readonly kind: 'by' }): boolean =>
  table === MAIN_TABLE && to !== undefined && to !== 'default';
