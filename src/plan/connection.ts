import { type Address, type Family, scanAddress } from '../net/address.ts';
import { isFault } from '../net/fault.ts';

/** An open connection, by its first packet as that came in, before any NAT. */
export interface Connection {
  readonly source: Address;
  readonly destination: Address;
  readonly protocol: number;
  readonly sourcePort?: number;
  readonly port?: number;
  readonly icmp?: { readonly type: number; readonly code: number; readonly id: number };
  /** The whole of its mark. */
  readonly mark: number;
}

/** A line of `conntrack -L`; nothing where it is not one of a connection that can be named. */
export function parseConnection(line: string): Connection | undefined {
  const [, protocol] = /^\S+ +(\d+) /.exec(line) ?? [];
  // The original direction comes first; a zone makes it another one than its addresses say.
  const said = (name: string): string | undefined => new RegExp(` ${name}=(\\S+)`).exec(line)?.[1];
  const [source, destination] = [addressOf(said('src')), addressOf(said('dst'))];
  if (protocol === undefined || source === undefined || destination === undefined) return undefined;
  if (said('zone') !== undefined) return undefined;
  const number = (name: string): number | undefined => {
    const text = said(name);
    return text === undefined ? undefined : Number(text);
  };
  const [sourcePort, port, type] = [number('sport'), number('dport'), number('type')];
  return {
    source,
    destination,
    protocol: Number(protocol),
    mark: number('mark') ?? 0,
    ...(sourcePort === undefined || port === undefined ? {} : { sourcePort, port }),
    ...(type === undefined
      ? {}
      : { icmp: { type, code: number('code') ?? 0, id: number('id') ?? 0 } }),
  };
}

function addressOf(text: string | undefined): Address | undefined {
  const scanned = scanAddress(text ?? '');
  return isFault(scanned) ? undefined : scanned.value;
}

export const familyOf = ({ source }: Connection): Family => source.family;
