import type { Check } from './checks/check.ts';
import { fileNameClash } from './checks/file-name-clash.ts';
import { gatewayOutside } from './checks/gateway-outside.ts';
import { noWay } from './checks/no-way.ts';
import { notLowered } from './checks/not-lowered.ts';
import { notProbed } from './checks/not-probed.ts';
import { reservedNumber } from './checks/reserved-number.ts';
import { snatNotOnUplink } from './checks/snat-not-on-uplink.ts';
import { tierOrder } from './checks/tier-order.ts';
import { tooManyAddresses } from './checks/too-many-addresses.ts';
import { unevenBalance } from './checks/uneven-balance.ts';

/**
 * In the order of a policy's own logic: what its uplinks are, then what its rules say, then what
 * this version can make of it. Findings are sorted by place when they are shown; none needs another.
 */
export const CHECKS: readonly Check[] = [
  fileNameClash,
  reservedNumber,
  gatewayOutside,
  snatNotOnUplink,
  tierOrder,
  noWay,
  tooManyAddresses,
  unevenBalance,
  notProbed,
  notLowered,
];
