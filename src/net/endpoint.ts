import { type Address, formatAddress, scanAddress } from './address.ts';
import { isFault, type Scanned } from './fault.ts';
import type { Interval } from './interval-set.ts';
import { scanPorts } from './port.ts';

export interface Endpoint {
  readonly address: Address;
  readonly ports: Interval<number>;
}

/** `A:PORT`, or `[A6]:PORT` for IPv6. */
export function scanEndpoint(text: string): Scanned<Endpoint> {
  const parts = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(text);
  if (parts === null) {
    const bare = scanAddress(text);
    const six = !isFault(bare) && bare.value.family === 6;
    const fault = `\`${text}\` is not an address with a port`;
    return isFault(bare) ? { fault } : { fault, write: six ? `[${text}]:443` : `${text}:443` };
  }
  const address = scanAddress(parts[1] ?? parts[2] ?? '');
  if (isFault(address)) return address;
  if ((address.value.family === 6) !== (parts[1] !== undefined)) {
    return { fault: `\`${text}\`: brackets go around an IPv6 address, and around no other` };
  }
  const ports = scanPorts(parts[3] ?? '');
  if (isFault(ports)) return ports;
  return { value: { address: address.value, ports: ports.value } };
}

/** As the language writes it: `A:PORT`, or `[A6]:PORT`; a range of ports as `A:PORT-PORT`. */
export function formatEndpoint({ address, ports: [low, high] }: Endpoint): string {
  const text = formatAddress(address);
  const host = address.family === 4 ? text : `[${text}]`;
  return `${host}:${low === high ? low : `${low}-${high}`}`;
}
