import { bug } from '../../bug.ts';
import type { Cells } from '../../model/cells.ts';
import type { Dimension } from '../../model/dimensions.ts';
import type { Address, AddressRange, Family } from '../../net/address.ts';
import { formatAddress } from '../../net/address.ts';
import { formatDevice } from '../../net/device-name.ts';
import type { Interval, Point } from '../../net/interval-set.ts';
import { formatMac } from '../../net/mac.ts';
import { formatRange } from '../../net/prefix.ts';
import { type Series, series } from '../../series.ts';
import { ip } from './names.ts';

interface Spelling {
  /** The type that a set or map of it is declared with. */
  readonly type: string;
  readonly expression: string;
  /** As it stands in names of sets and maps. */
  readonly name: string;
}

/** How nft spells a dimension. Protocols and ports are numbers: names would be the host's. */
export function spelling(dimension: Dimension, family: Family): Spelling {
  switch (dimension) {
    case 'device':
      return { type: 'ifname', expression: 'iifname', name: 'iif' };
    case 'mac':
      return { type: 'ether_addr', expression: 'ether saddr', name: 'mac' };
    case 'source':
      return { type: `ipv${family}_addr`, expression: `${ip(family)} saddr`, name: 'saddr' };
    case 'destination':
      return { type: `ipv${family}_addr`, expression: `${ip(family)} daddr`, name: 'daddr' };
    case 'protocol':
      return { type: 'inet_proto', expression: 'meta l4proto', name: 'proto' };
    case 'icmpType':
      return family === 4
        ? { type: 'icmp_type', expression: 'icmp type', name: 'icmp' }
        : { type: 'icmpv6_type', expression: 'icmpv6 type', name: 'icmp' };
    case 'sourcePort':
      return { type: 'inet_service', expression: 'th sport', name: 'sport' };
    case 'port':
      return { type: 'inet_service', expression: 'th dport', name: 'dport' };
    case 'user':
      return { type: 'uid', expression: 'meta skuid', name: 'uid' };
    case 'dscp':
      return { type: 'dscp', expression: `${ip(family)} dscp`, name: 'dscp' };
    default:
      dimension satisfies never;
      return bug('a dimension without a spelling');
  }
}

/** One interval of a dimension as nft writes it. */
export function formatInterval(
  dimension: Dimension,
  family: Family,
  [low, high]: Interval<Point>,
): string {
  switch (dimension) {
    case 'device':
      return `"${formatDevice([low as bigint, high as bigint])}"`;
    case 'mac':
      return low === high
        ? formatMac(low as number)
        : `${formatMac(low as number)}-${formatMac(high as number)}`;
    case 'source':
    case 'destination':
      return low === high
        ? formatAddress({ family, value: low } as Address)
        : formatRange({ family, low, high } as AddressRange);
    default:
      return low === high ? String(low) : `${low}-${high}`;
  }
}

/** The keys of a look-up's cells, in their order. */
export function keyTexts(
  dimensions: readonly Dimension[],
  family: Family,
  { size, low, high }: Cells,
): Series<string> {
  const parts = dimensions.map((dimension, index) => {
    const [from, to] = [low[index] ?? [], high[index] ?? []];
    return (at: number): string =>
      formatInterval(dimension, family, [from[at] as Point, to[at] as Point]);
  });
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return series(size, only);
  return series(size, (at) => parts.map((part) => part(at)).join(' . '));
}
