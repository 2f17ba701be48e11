import type { Check } from './checks/check.ts';
import { familyMix } from './checks/family-mix.ts';
import { fileNameClash } from './checks/file-name-clash.ts';
import { gatewayOutside } from './checks/gateway-outside.ts';
import { lanOnUplink } from './checks/lan-on-uplink.ts';
import { noWay } from './checks/no-way.ts';
import { notLowered } from './checks/not-lowered.ts';
import { notProbed } from './checks/not-probed.ts';
import { ownGateway } from './checks/own-gateway.ts';
import { privateWithoutNat } from './checks/private-without-nat.ts';
import { repeatedValue } from './checks/repeated-value.ts';
import { reservedNumber } from './checks/reserved-number.ts';
import { sameWay } from './checks/same-way.ts';
import { snatNotOnUplink } from './checks/snat-not-on-uplink.ts';
import { tierOrder } from './checks/tier-order.ts';
import { timeInUtc } from './checks/time-in-utc.ts';
import { tooManyAddresses } from './checks/too-many-addresses.ts';
import { unevenBalance } from './checks/uneven-balance.ts';
import { untoldArrival } from './checks/untold-arrival.ts';
import { unusedSet } from './checks/unused-set.ts';
import { unusedUplink } from './checks/unused-uplink.ts';

/**
 * In the order of a policy's own logic: what its uplinks are, then what its rules say, then what
 * this version can make of it. Findings are sorted by place when they are shown; none needs another.
 */
export const CHECKS: readonly Check[] = [
  fileNameClash,
  reservedNumber,
  sameWay,
  untoldArrival,
  ownGateway,
  gatewayOutside,
  snatNotOnUplink,
  familyMix,
  tierOrder,
  noWay,
  privateWithoutNat,
  lanOnUplink,
  tooManyAddresses,
  unevenBalance,
  notProbed,
  timeInUtc,
  notLowered,
];

/**
 * Looked at once nothing is wrong: what seems to be unused may be used by a rule that could not be
 * read, and there are better things to mend first.
 */
export const REMARKS: readonly Check[] = [unusedSet, unusedUplink, repeatedValue];
