import { slotMark } from '../../model/marking.ts';
import type { Forward, Program } from '../../model/program.ts';
import { isShared } from '../../model/sharers.ts';
import { type Family, formatAddress } from '../../net/address.ts';
import { formatEndpoint } from '../../net/endpoint.ts';
import { formatMark } from '../../net/mark.ts';
import { comment } from '../comment.ts';
import { formatInterval } from './key.ts';
import { chain, ip, only, type Part, quoted } from './names.ts';

/** Ports that lead to a host behind the router: only what is addressed to the router itself. */
export function forward(program: Program): Part {
  const { forwards, marking } = program;
  if (forwards.length === 0) return { filled: [], chains: [] };
  const hairpin = `oifname != @uplinks ct status dnat ct mark & ${formatMark(marking.mask)} == 0`;
  return {
    filled: [],
    chains: [
      chain(
        'port_forward',
        forwards.flatMap((each) => rules(each, program)),
        'type nat hook prerouting priority -105; policy accept;',
      ),
      // What comes from the LAN to an uplink's address goes back to the LAN: without the router's
      // own source the server would answer the client directly, from an address it did not ask.
      chain(
        'hairpin',
        [...new Set(forwards.flatMap(ownAddresses))].map(
          ({ family, prefix }) => `${hairpin} ct original ${ip(family)} daddr ${prefix} masquerade`,
        ),
      ),
    ],
  };
}

function ownAddresses({ uplinks, to }: Forward): { family: Family; prefix: string }[] {
  return uplinks.flatMap(({ own }) => own.filter(({ family }) => family === to.address.family));
}

function rules(each: Forward, { uplinks, marking }: Program): string[] {
  const { family } = each.to.address;
  const ports = each.ports.map((interval) => formatInterval('port', family, interval));
  const dport = ports.length === 1 ? `${ports[0]}` : `{ ${ports.join(', ')} }`;
  const arrivals = [
    ...each.uplinks.map((uplink) => {
      const inbound = formatMark(slotMark(marking.mask, uplink.inbound));
      // It has been looked at where it came in.
      const told = isShared(uplinks, uplink, family)
        ? `ct mark & ${formatMark(marking.mask)} == ${inbound} `
        : '';
      return `iifname ${quoted(uplink.device)} ${told}fib daddr type local`;
    }),
    ...ownAddresses(each).map(
      ({ prefix }) => `iifname != @uplinks ${ip(family)} daddr ${prefix} fib daddr type local`,
    ),
  ];
  return [
    `# ${each.id} ${comment(each.text)}`,
    ...arrivals.flatMap((arrival) =>
      each.protocols.map(
        (protocol) =>
          `${only(family)} ${arrival} meta l4proto ${protocol} th dport ${dport} dnat ${ip(family)} to ${destination(each)}`,
      ),
    ),
  ];
}

/** The address, with the port or ports where they are others than outside. */
function destination({ ports, to }: Forward): string {
  const address = formatAddress(to.address);
  const [low, high] = to.ports;
  if (low === high) return formatEndpoint(to);
  const [outside] = ports;
  if (outside?.[0] === low) return address;
  const pairs = Array.from(
    { length: high - low + 1 },
    (_, index) => `${(outside?.[0] ?? 0) + index} : ${low + index}`,
  );
  return `${address} : th dport map { ${pairs.join(', ')} }`;
}
