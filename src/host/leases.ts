import { join } from 'node:path';
import * as v from 'valibot';
import { FAMILIES, formatAddress, scanHostAddress } from '../net/address.ts';
import { isFault } from '../net/fault.ts';
import type { UplinkLines } from '../plan/read-artefacts.ts';
import { type Leases, leaseKey } from '../plan/wanted.ts';
import { json } from './live-state.ts';
import { readFile } from './read-file.ts';
import { RUN_FOLDER } from './records.ts';
import { run } from './run.ts';

const Defaults = v.array(v.looseObject({ gateway: v.optional(v.string()) }));

/**
 * The gateways of uplinks that wait for one: what the link hooks kept of the last lease, or else what main
 * has for the device. What a DHCP server says is an address, or nothing.
 */
export function readLeases(
  uplinks: readonly UplinkLines[],
): { readonly value: Leases } | { readonly refused: string } {
  const leases = new Map<string, string>();
  for (const { device, leased } of uplinks) {
    for (const family of FAMILIES.filter((each) => leased[each].length > 0)) {
      const file = readFile(join(RUN_FOLDER, `${device}.${family}`));
      let gateway = 'refused' in file ? undefined : new TextDecoder().decode(file.bytes).trim();
      if (gateway === undefined) {
        const main = ['route', 'show', 'table', 'main', 'default', 'dev', device];
        const routes = json(run({ argv: ['ip', `-${family}`, '-j', ...main] }), Defaults);
        // An absent device has no routes.
        if ('value' in routes) gateway = routes.value[0]?.gateway;
      }
      const address = scanHostAddress(gateway ?? '');
      if (!isFault(address) && address.value.family === family) {
        leases.set(leaseKey(device, family), formatAddress(address.value));
      }
    }
  }
  return { value: leases };
}
