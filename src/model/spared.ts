import type { Family } from '../net/address.ts';
import { contains, type IntervalSet, intervalSet, type Point } from '../net/interval-set.ts';
import { ICMP } from '../net/protocols.ts';
import { holds, type Packet } from './packet.ts';
import type { Box, Program } from './program.ts';

/**
 * Why no rule is asked about a packet: it is sent to the router itself, wherever it comes from (`here`), or it is the
 * link's own business.
 */
export type Spared = 'here' | 'link';

/** Destinations that are a link's business: loopback, multicast and IPv4's broadcast, IPv6's link-local addresses. */
export const LINK_DESTINATIONS: { readonly [F in Family]: IntervalSet<Point> } = {
  4: [
    [0x7f00_0000, 0x7fff_ffff],
    [0xe000_0000, 0xefff_ffff],
    [0xffff_ffff, 0xffff_ffff],
  ],
  6: [
    [1n, 1n],
    [0xfe80n << 112n, (0xfec0n << 112n) - 1n],
    [0xffn << 120n, (1n << 128n) - 1n],
  ],
};

/** DHCP and neighbour discovery: a link's business where the router itself sends it, or an uplink brings it. */
export const OWN_LINK: { readonly [F in Family]: readonly Box[] } = {
  4: [dhcp(4, 67), dhcp(4, 546)],
  6: [
    dhcp(6, 67),
    dhcp(6, 546),
    { family: 6, protocol: [[ICMP[6], ICMP[6]]], icmpType: [[133, 137]] },
  ],
};

function dhcp(family: Family, first: number): Box {
  const ports: IntervalSet<number> = [[first, first + 1]];
  return { family, protocol: [[17, 17]], sourcePort: ports, port: ports };
}

/** The router's own addresses, as far as a policy can know: each is a single one that an uplink says is its own. */
export function ownDestinations({ uplinks }: Program, family: Family): Point[] {
  return uplinks.flatMap(({ own }) =>
    own.flatMap(({ family: its, range: { low, high } }) =>
      its === family && low === high ? [low] : [],
    ),
  );
}

/** Destinations of a family that no rule is asked about, by why that is so. */
export function sparedDestinations(
  program: Program,
  family: Family,
): { readonly [S in Spared]: IntervalSet<Point> } {
  const own = ownDestinations(program, family).map((point) => [point, point] as const);
  return { here: intervalSet<Point>(own), link: LINK_DESTINATIONS[family] };
}

/**
 * Why no rule is asked about a packet, if so.
 *
 * @param arrives whether an uplink brings it
 */
export function sparedBy(program: Program, packet: Packet, arrives: boolean): Spared | undefined {
  const { family, local, destination } = packet;
  const { here, link } = sparedDestinations(program, family);
  if (destination !== undefined && contains(here, destination)) return 'here';
  if (destination !== undefined && contains(link, destination)) return 'link';
  const own = local || arrives ? OWN_LINK[family] : [];
  return own.some((box) => holds(box, packet)) ? 'link' : undefined;
}
