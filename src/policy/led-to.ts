import type { Forward } from '../model/program.ts';
import { formatAddress } from '../net/address.ts';

/** Where a `forward` leads one of its ports, as the language writes it: `A:PORT`, or `[A6]:PORT`. */
export function ledTo({ ports, to }: Pick<Forward, 'ports' | 'to'>, port: number): string {
  const [low, high] = to.ports;
  const [first = port] = ports[0] ?? [];
  const address = formatAddress(to.address);
  const host = to.address.family === 4 ? address : `[${address}]`;
  return `${host}:${low === high ? low : low + port - first}`;
}
