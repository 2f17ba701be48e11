import type { Forward } from '../model/program.ts';
import { formatEndpoint } from '../net/endpoint.ts';

/** Where a `forward` leads one of its ports, as the language writes it: `A:PORT`, or `[A6]:PORT`. */
export function ledTo({ ports, to }: Pick<Forward, 'ports' | 'to'>, port: number): string {
  const [low, high] = to.ports;
  const [first = port] = ports[0] ?? [];
  const led = low === high ? low : low + port - first;
  return formatEndpoint({ address: to.address, ports: [led, led] });
}
