import { slotMark } from '../../model/marking.ts';
import type { Forward, Program } from '../../model/program.ts';
import { isShared } from '../../model/sharers.ts';
import { type Family, formatAddress } from '../../net/address.ts';
import { comment } from '../comment.ts';
import type { Marks } from './marks.ts';
import { multiports } from './tests.ts';

/** Ports that lead to a host behind the router: only what is addressed to the router itself. */
export function forward(
  { forwards, uplinks, marking }: Program,
  family: Family,
  marks: Marks,
): { readonly arrivals: readonly string[]; readonly hairpin: readonly string[] } {
  const those = forwards.filter(({ to }) => to.address.family === family);
  if (those.length === 0) return { arrivals: [], hairpin: [] };
  const own = (each: Forward): string[] =>
    each.uplinks.flatMap((uplink) =>
      uplink.own.filter((address) => address.family === family).map(({ prefix }) => prefix),
    );
  const rules = (each: Forward, arrivals: readonly string[]): string[] => [
    `# ${each.id} ${comment(each.text)}`,
    ...arrivals.flatMap((arrival) =>
      each.protocols.flatMap((protocol) =>
        multiports(each.ports).map(
          (ports) =>
            `${arrival} -p ${protocol} -m multiport --dports ${ports} -m addrtype --dst-type LOCAL ` +
            `-m comment --comment ${each.id} -j DNAT --to-destination ${destination(each)}`,
        ),
      ),
    ),
  ];
  return {
    arrivals: [
      ...those.flatMap((each) =>
        rules(
          each,
          each.uplinks.map((uplink) => {
            const inbound = marks.connection(slotMark(marking.mask, uplink.inbound));
            // It has been looked at where it came in.
            const told = isShared(uplinks, uplink, family) ? ` ${inbound}` : '';
            return `-i ${uplink.device}${told}`;
          }),
        ),
      ),
      // From here on it comes from behind the router.
      ...new Set(uplinks.map(({ device }) => `-i ${device} -j RETURN`)),
      ...those.flatMap((each) =>
        rules(
          each,
          own(each).map((prefix) => `-d ${prefix}`),
        ),
      ),
    ],
    // What comes from the LAN to an uplink's address goes back to the LAN: without the router's own
    // source the server would answer the client directly, from an address it did not ask.
    hairpin: [...new Set(those.flatMap(own))].map(
      (prefix) =>
        `-m conntrack --ctstate DNAT --ctorigdst ${prefix} ${marks.connection()} -j MASQUERADE`,
    ),
  };
}

/** The address, with the port or ports where they are others than outside. */
function destination({ ports, to }: Forward): string {
  const address = formatAddress(to.address);
  const bracketed = to.address.family === 4 ? address : `[${address}]`;
  const [low, high] = to.ports;
  if (low === high) return `${bracketed}:${low}`;
  const outside = ports[0]?.[0];
  return outside === low ? address : `${bracketed}:${low}-${high}/${outside}`;
}
