import { arpFlux } from './doctor/arp-flux.ts';
import { conntrackZones } from './doctor/conntrack-zones.ts';
import type { DoctorCheck } from './doctor/doctor-check.ts';
import { flowtables } from './doctor/flowtables.ts';
import { forwarding } from './doctor/forwarding.ts';
import { gateways } from './doctor/gateways.ts';
import { mainRoutes } from './doctor/main-routes.ts';
import { markBits } from './doctor/mark-bits.ts';
import { markWriters } from './doctor/mark-writers.ts';
import { missingTools } from './doctor/missing-tools.ts';
import { natPriorities } from './doctor/nat-priorities.ts';
import { networkd } from './doctor/networkd.ts';
import { protocolNumbers } from './doctor/protocol-numbers.ts';
import { reversePath } from './doctor/reverse-path.ts';
import { routerAdvertisements } from './doctor/router-advertisements.ts';
import { rulePriorities } from './doctor/rule-priorities.ts';
import { twoIptables } from './doctor/two-iptables.ts';

/** What is looked at on a machine, from the machine itself to those that it is shared with: a file and a line each. */
export const DOCTOR: readonly DoctorCheck[] = [
  missingTools,
  forwarding,
  gateways,
  routerAdvertisements,
  reversePath,
  arpFlux,
  rulePriorities,
  protocolNumbers,
  mainRoutes,
  markBits,
  markWriters,
  natPriorities,
  conntrackZones,
  flowtables,
  twoIptables,
  networkd,
];
