import type { Forward, Program } from '../model/program.ts';
import type { Address } from '../net/address.ts';
import { formatEndpoint } from '../net/endpoint.ts';
import { difference, type Interval, type IntervalSet, intersection } from '../net/interval-set.ts';
import { protocolNames, protocolNumber } from '../net/protocols.ts';

/** Ports of one protocol on one uplink, and where the first of an interval leads. */
interface Lead {
  readonly ports: Interval<number>;
  readonly address: Address;
  readonly to: number;
  /** Whether each port leads to a port of its own. */
  readonly each: boolean;
}

/** Which ports of the router lead elsewhere, a sentence each; `same` are the uplinks' names in the older program. */
export function diffForwards(
  was: Program,
  now: Program,
  same: ReadonlyMap<string, string>,
): string[] {
  const old = leadsOf(was, (name) => name);
  const new_ = leadsOf(now, (name) => same.get(name) ?? name);
  const out: string[] = [];
  for (const key of new Set([...old.keys(), ...new_.keys()])) {
    const [before, after] = [old.get(key) ?? [], new_.get(key) ?? []];
    for (const one of before) {
      for (const other of after) {
        for (const ports of intersection([one.ports], [other.ports])) {
          const [from, to] = [placeOf(one, ports), placeOf(other, ports)];
          if (from !== to)
            out.push(`${key} ${portsText(ports)}: leads to ${to}; before, to ${from}`);
        }
      }
      for (const ports of difference([one.ports], portsOf(after))) {
        out.push(
          `${key} ${portsText(ports)}: leads nowhere any more; before, to ${placeOf(one, ports)}`,
        );
      }
    }
    for (const other of after) {
      for (const ports of difference([other.ports], portsOf(before))) {
        out.push(
          `${key} ${portsText(ports)}: leads to ${placeOf(other, ports)} now; before, nowhere`,
        );
      }
    }
  }
  return out;
}

function leadsOf({ forwards }: Program, nameOf: (name: string) => string): Map<string, Lead[]> {
  const out = new Map<string, Lead[]>();
  for (const forward of forwards) {
    for (const { name } of forward.uplinks) {
      for (const protocol of forward.protocols) {
        const word = protocolNames().find((each) => protocolNumber(each) === protocol);
        const key = `\`forward\` on \`${nameOf(name)}\`, ${word ?? protocol}`;
        const its = out.get(key) ?? [];
        // The first one that has a port leads it.
        const left = difference(forward.ports, portsOf(its));
        out.set(key, [...its, ...left.map((ports) => leadOf(forward, ports))]);
      }
    }
  }
  return out;
}

function leadOf({ ports: all, to }: Forward, ports: Interval<number>): Lead {
  const [low, high] = to.ports;
  const first = all[0]?.[0] ?? 0;
  const each = low !== high;
  return { ports, address: to.address, to: each ? low + ports[0] - first : low, each };
}

const portsOf = (leads: readonly Lead[]): IntervalSet<number> =>
  [...leads.map(({ ports }) => ports)].sort((a, b) => a[0] - b[0]);

const portsText = ([low, high]: Interval<number>): string =>
  low === high ? `${low}` : `${low}-${high}`;

function placeOf(
  { address, to, each, ports: [start] }: Lead,
  [low, high]: Interval<number>,
): string {
  const first = each ? to + low - start : to;
  return formatEndpoint({ address, ports: [first, each ? first + high - low : first] });
}
